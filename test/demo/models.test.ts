/** The demo page's models: which of them stay in memory. */
import { beforeEach, expect, it, vi } from "vitest";
import { addOwnModel, freeOthers, stopOtherLoads } from "../../demo/models";
import { loadColorizer, type LoadOptions, type PhotoColorizer } from "../../src/index";

vi.mock("../../src/index", () => ({ loadColorizer: vi.fn() }));

let signal: AbortSignal;
let finish: () => void;
const dispose = vi.fn();

beforeEach(() => {
  vi.mocked(loadColorizer).mockImplementation((options?: LoadOptions) => {
    signal = options!.signal!;
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      finish = () => resolve({ manifest: {}, complete: Promise.resolve(), dispose } as unknown as PhotoColorizer);
    });
  });
});

it("loads a model of the visitor's own on while a photograph is finished, and frees it when others are used", async () => {
  const adding = addOwnModel({ name: "own.onnx", address: "blob:own", megabytes: 220 }, () => undefined);
  freeOthers(new Set(["natural"]));
  expect(signal.aborted).toBe(false);
  finish();
  await adding;
  freeOthers(new Set(["own.onnx"]));
  await Promise.resolve();
  expect(dispose).not.toHaveBeenCalled();
  freeOthers(new Set(["natural"]));
  await vi.waitFor(() => expect(dispose).toHaveBeenCalledOnce());
});

it("stops loading it when the visitor takes another model", async () => {
  const adding = addOwnModel({ name: "other.onnx", address: "blob:other", megabytes: 220 }, () => undefined);
  stopOtherLoads(new Set(["natural"]));
  await expect(adding).rejects.toThrow("aborted");
});
