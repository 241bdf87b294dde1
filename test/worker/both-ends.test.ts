/** Both ends of the worker in one process: what crosses, and what is freed. Messages are cloned as between threads, and arrive a moment later. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ColorHint } from "../../src/colorizer/hints";
import type { ColorizeOptions } from "../../src/colorizer/options";
import { ColorizeResult, type ResultFacts } from "../../src/colorizer/result";
import type { Answer } from "../../src/worker/messages";
import type { PhotoColorizer } from "../../src/worker/photo-colorizer";
import { serve } from "../../src/worker/serve";
import { WorkerColorizer } from "../../src/worker/worker-colorizer";
import { startIn } from "../../src/worker/worker-folder";

const FACTS: ResultFacts = {
  width: 1,
  height: 1,
  data: new Uint8ClampedArray(4),
  workingSize: { width: 1, height: 1 },
  saturation: 1,
  warmth: 0,
  notes: [],
  timings: { prepare: 0, luminance: 0, embedding: 0, chroma: 0, recombine: 0, total: 0 },
};
const pixels = { data: new Uint8Array(4), width: 1, height: 1 };

/** What the worker's Colorizer was given: options, changes and places. */
const given: unknown[] = [];
/** What the worker's Colorizer does. */
let colour: (options: ColorizeOptions) => Promise<ColorizeResult>;

const result = (): ColorizeResult =>
  new ColorizeResult(
    FACTS,
    async (place) => (given.push(place), []),
    async (change) => (given.push(change), result()),
  );

const load = async (): Promise<PhotoColorizer> =>
  ({
    complete: Promise.resolve(),
    manifest: {},
    colorize: (_: unknown, options: ColorizeOptions) => (given.push(options), colour(options)),
    dispose() {},
  }) as unknown as PhotoColorizer;

let hear: (event: { readonly data: unknown }) => void;
const answers: Answer[] = [];
/** Notices of what the page frees, by id; also those of results that were collected as garbage. */
const freed: number[] = [];

class OtherThread extends EventTarget {
  postMessage(message: { readonly id: number; readonly name: string }): void {
    const data = structuredClone(message);
    if (data.name === "free") freed.push(data.id);
    setTimeout(() => hear({ data }));
  }
  terminate(): void {}
}

class Bitmap {
  static open = 0;
  constructor() {
    Bitmap.open++;
  }
  close(): void {
    Bitmap.open--;
  }
}

let colorizer: WorkerColorizer;

beforeEach(async () => {
  const worker = new OtherThread();
  vi.stubGlobal("document", { baseURI: "http://localhost/" });
  vi.stubGlobal("ImageBitmap", Bitmap);
  vi.stubGlobal("addEventListener", (_: string, listener: typeof hear) => (hear = listener));
  vi.stubGlobal("postMessage", (answer: Answer) => {
    const data = structuredClone(answer);
    answers.push(data);
    setTimeout(() => worker.dispatchEvent(new MessageEvent("message", { data })));
  });
  setTimeout(() => serve(load, true));
  colorizer = (await WorkerColorizer.load({}, () => worker as unknown as Worker))!;
  await colorizer.complete;
  given.length = answers.length = freed.length = Bitmap.open = 0;
  colour = async () => result();
  return () => vi.unstubAllGlobals();
});

/** As the reactive objects of frameworks, which cannot be cloned. */
function reactive<T extends object>(target: T): T {
  return new Proxy(target, {
    get(of, key): unknown {
      const value: unknown = Reflect.get(of, key);
      return typeof value === "object" && value !== null ? reactive(value) : value;
    },
  });
}

it("reactive hints and places cross, and what are no hints, for the worker to refuse", async () => {
  const hints: ColorHint[] = [{ x: 1, y: 2, radius: 3, color: [4, 5, 6] }];
  const coloured = await colorizer.colorize(pixels, { hints: reactive(hints) });
  await coloured.with(reactive({ hints }));
  await coloured.likelyColors(reactive({ x: 1, y: 2 }));
  expect(given).toEqual([expect.objectContaining({ hints }), { hints }, { x: 1, y: 2 }]);
  await colorizer.colorize(pixels, { hints: [null] as never });
  await colorizer.colorize(pixels, { hints: "blue" as never });
  expect(given.slice(3)).toMatchObject([{ hints: [{}] }, { hints: "blue" }]);
});

it("a copy of a bitmap that is not sent is closed, and only for it an error of cloning means pixels of another site", async () => {
  const job = new AbortController();
  vi.stubGlobal("createImageBitmap", async () => {
    job.abort();
    return new Bitmap();
  });
  await expect(colorizer.colorize(new Bitmap() as never, { signal: job.signal })).rejects.toThrow(/abort/i);
  expect(Bitmap.open).toBe(1); // the caller's own
  vi.stubGlobal("createImageBitmap", async () => Object.assign(new Bitmap(), { withheld: () => 0 }));
  await expect(colorizer.colorize(new Bitmap() as never)).rejects.toThrow(/Access-Control-Allow-Origin/);
  expect(Bitmap.open).toBe(2);
  await expect(colorizer.colorize(pixels, { size: (() => 64) as never })).rejects.toThrow(/could not be cloned/);
});

it("an address of a model or of workers that is none is an error that names the option", async () => {
  const start = (): Worker => new OtherThread() as unknown as Worker;
  await expect(WorkerColorizer.load({ model: "http://[" }, start)).rejects.toThrow(/^model: expected an address, rec/);
  expect(() => startIn("http://[", "colorize")).toThrow(/^workers: expected an address/);
});

describe("a first picture of a call that is aborted", () => {
  /** The call after those that loaded the model. */
  const CALL = 3;

  /** Whether the worker still has it. */
  async function kept(): Promise<boolean> {
    hear({ data: { id: 99, name: "change", arguments: { result: -CALL, change: {} } } });
    await vi.waitFor(() => expect(answers.at(-1)).toMatchObject({ id: 99 }));
    return "value" in answers.at(-1)!;
  }

  const ended = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

  it("is freed where it crosses the abort", async () => {
    const job = new AbortController();
    colour = async ({ signal, onEarly }) => {
      onEarly!(result());
      job.abort(); // of the page, which has not yet received it
      await ended(signal!);
      throw signal!.reason;
    };
    await expect(colorizer.colorize(pixels, { signal: job.signal, onEarly: () => {} })).rejects.toThrow(/abort/i);
    await vi.waitFor(() => expect(freed).toContain(-CALL));
    expect(await kept()).toBe(false);
  });

  it("is not kept where it comes after the abort", async () => {
    const job = new AbortController();
    colour = async ({ signal, onEarly }) => {
      job.abort();
      await ended(signal!);
      onEarly!(result());
      throw signal!.reason;
    };
    await expect(colorizer.colorize(pixels, { signal: job.signal, onEarly: () => {} })).rejects.toThrow(/abort/i);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await kept()).toBe(false);
  });

  it("stays where the page has it, even where the call ends well", async () => {
    const job = new AbortController();
    colour = async ({ signal, onEarly }) => {
      onEarly!(result());
      await ended(signal!);
      return result();
    };
    const first = await new Promise<ColorizeResult>((onEarly) => {
      colorizer.colorize(pixels, { signal: job.signal, onEarly }).catch(() => undefined);
    });
    job.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(first.with({ saturation: 0.5 })).resolves.toBeInstanceOf(ColorizeResult);
  });
});
