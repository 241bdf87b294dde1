/** Photographs coloured by onnxruntime-web in Node, compared with the engine. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { importOnnxruntime, onnxruntimeFolder } from "../../src/fallback/onnxruntime";
import { WasmColorizer } from "../../src/fallback/wasm-colorizer";
import { withoutRepeats } from "../../src/fallback/wasm-networks";
import { folderReader } from "../../src/node/model-files";
import { readImage } from "../../src/node/read-image";
import type { RawImage } from "../../src/image/source";
import { Colorizer, type ColorizeOptions, type ColorizeResult, type ColorizerOptions } from "../../src/index";
import { testDevice } from "../gpu";
import { SEEDED_COLORIZERS } from "../shared/colorizers/all";
import { randoms } from "../shared/randoms";
import { tinyReader } from "../shared/tiny-model";

const fallback = pathToFileURL(resolve("node_modules/onnxruntime-web/dist/")).href + "/";

/** Milliseconds of one test; a busy machine takes minutes. */
const LIMIT = 600_000;

beforeAll(async () => {
  // In Node, it looks for the number of processors as no module may.
  const { env } = (await importOnnxruntime(fallback)) as unknown as { env: { wasm: { numThreads: number } } };
  env.wasm.numThreads = 1;
});

type Model = Pick<ColorizerOptions, "model" | "preset" | "read">;

const TINY: Model = { model: "tiny", read: tinyReader() };

function noise(width: number, height: number): RawImage {
  return { width, height, data: Uint8ClampedArray.from(randoms(width * height * 4, 3, 0, 256), Math.floor) };
}

/** Median and maximum of the differences of R, G, B and A. */
function differences(ours: ColorizeResult, theirs: ColorizeResult): { median: number; most: number } {
  expect(ours.workingSize).toEqual(theirs.workingSize);
  const sorted = Uint8Array.from(ours.data, (value, i) => Math.abs(value - theirs.data[i]!)).sort();
  return { median: sorted[sorted.length >> 1]!, most: sorted.at(-1)! };
}

/** The same picture by onnxruntime-web and by the engine in f32. */
async function both(
  model: Model,
  picture: RawImage,
  options: ColorizeOptions = {},
  change: (result: ColorizeResult) => Promise<ColorizeResult> = (result) => Promise.resolve(result),
): Promise<ReturnType<typeof differences>> {
  const ours = await WasmColorizer.load({ ...model, fallback });
  const theirs = await Colorizer.load({ ...model, device: await testDevice(), precision: "f32" });
  const found = differences(
    await change(await ours.colorize(picture, options)),
    await change(await theirs.colorize(picture, options)),
  );
  ours.dispose();
  theirs.dispose();
  return found;
}

describe("agrees with the engine", { timeout: LIMIT }, () => {
  // One 8-bit step for rounding, one for f32 and WGSL's pow().
  it.each([
    [1, 1],
    [37, 23],
    [5, 500],
    [900, 400], // several bands
  ])("for a model of format 1 and %i x %i pixels", async (width, height) => {
    expect((await both(TINY, noise(width, height))).most).toBeLessThanOrEqual(2);
  });

  it("for hints, given at once and later", async () => {
    const hints = [
      { x: 5, y: 6, radius: 2, color: "#c02020" },
      { x: 30, y: 20, radius: 0, color: "#2040c0", spread: 2 },
    ];
    expect((await both(TINY, noise(37, 23), { hints })).most).toBeLessThanOrEqual(2);
    expect((await both(TINY, noise(37, 23), {}, (result) => result.with({ hints }))).most).toBeLessThanOrEqual(2);
  });

  it.each(SEEDED_COLORIZERS)("for $name, a bare file", async ({ preset, make, name }) => {
    const bytes = make({ width: 0.25, pixels: 64 });
    const model = { model: `${name}.onnx`, preset, read: async () => bytes };
    const hints = preset === "siggraph17" ? [{ x: 20, y: 20, radius: 6, color: "#c02020" }] : [];
    const size = preset === "ddcolor" || preset === "deoldify" ? undefined : 64;
    const { median, most } = await both(model, noise(60, 44), { hints, size });
    expect(median).toBeLessThanOrEqual(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it.each(SHIPPED_MODELS)("for %s", async (name) => {
    const photograph = await readImage("samples/cat.jpg");
    const picture = { ...photograph, data: new Uint8ClampedArray(photograph.data) };
    const model = { model: name, read: folderReader(`models/${name}`) };
    const { median, most } = await both(model, picture, { size: 64, saturation: 1.3, warmth: 0.2 });
    expect(median).toBeLessThanOrEqual(1);
    expect(most).toBeLessThanOrEqual(4);
  });

  it.each([
    ["saturation and warmth", { saturation: 2, warmth: -0.4 }],
    ["working size", { size: 40 }],
  ])("after a change of the %s", async (_, change) => {
    const { most } = await both(TINY, noise(37, 23), {}, (result) => result.with(change));
    expect(most).toBeLessThanOrEqual(2);
  });

  it("after a change of the temperature", async () => {
    const model = { model: "natural", read: folderReader("models/natural") };
    const { most } = await both(model, noise(48, 32), { size: 32 }, (result) => result.with({ temperature: 0.1 }));
    expect(most).toBeLessThanOrEqual(4);
  });
});

describe("WasmColorizer", () => {
  it("says what computed a picture, and reports stages", async () => {
    const colorizer = await WasmColorizer.load({ ...TINY, fallback });
    const stages: string[] = [];
    const result = await colorizer.colorize(noise(9, 9), { onStage: (stage) => stages.push(stage) });
    expect(stages).toEqual(["prepare", "luminance", "embedding", "chroma", "recombine"]);
    expect(result.notes.join()).toMatch(/onnxruntime-web 1\.\d+\.\d+ \(WebAssembly\), not on the GPU/);
    await expect(colorizer.profile()).rejects.toMatchObject({ code: "input" });
    await expect(colorizer.activations()).rejects.toMatchObject({ code: "input" });
    colorizer.dispose();
    await expect(colorizer.colorize(noise(9, 9))).rejects.toThrow(/disposed/);
  });

  it("refuses what the engine refuses", async () => {
    const colorizer = await WasmColorizer.load({ ...TINY, fallback });
    const picture = noise(9, 9);
    await expect(colorizer.colorize(picture, { saturation: 9 })).rejects.toThrow(/saturation: expected/);
    await expect(colorizer.colorize(picture, { size: 5000 })).rejects.toThrow(/size: expected/);
    await expect(colorizer.colorize(picture, { temperature: 1 })).rejects.toThrow(/temperature: expected/);
    const hints = [{ x: 1, y: 1, radius: -1, color: "#ff0000" }];
    await expect(colorizer.colorize(picture, { hints })).rejects.toThrow(/hints\[0\].radius: expected/);
    const signal = AbortSignal.abort();
    await expect(colorizer.colorize(picture, { signal })).rejects.toMatchObject({ name: "AbortError" });
    colorizer.dispose();
  });

  it("throws for a network that predicts what is not a number", async () => {
    const broken = { model: "tiny", read: tinyReader({ bias: [NaN, NaN] }) };
    const colorizer = await WasmColorizer.load({ ...broken, fallback });
    await expect(colorizer.colorize(noise(9, 9))).rejects.toThrow(/values of a\* that are not finite/);
    colorizer.dispose();
  });
});

it("says what to install where onnxruntime-web is not there", async () => {
  const folder = pathToFileURL(resolve("nowhere/")).href + "/";
  await expect(importOnnxruntime(folder)).rejects.toMatchObject({
    code: "download",
    message: expect.stringMatching(/npm install onnxruntime-web.*copy-models public\/ --fallback/) as string,
  });
});

it("takes the address of a folder, and no other word than wasm", () => {
  expect(onnxruntimeFolder("https://a.example/ort")).toBe("https://a.example/ort/");
  expect(onnxruntimeFolder("wasm")).toMatch(/\/onnxruntime-web\/dist\/$/);
  expect(() => onnxruntimeFolder("webgl")).toThrow(/fallback: expected "wasm", or the address.* received "webgl"/);
});

it("leaves out samples that upsampling repeated, and nothing else", () => {
  const values = Float32Array.of(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4);
  expect(withoutRepeats(values, { width: 4, height: 4 })).toEqual({
    values: Float32Array.of(1, 2, 3, 4),
    map: { width: 2, height: 2 },
  });
  const map = { width: 2, height: 2 };
  expect(withoutRepeats(Float32Array.of(1, 1, 1, 2), map)).toEqual({ values: Float32Array.of(1, 1, 1, 2), map });
});
