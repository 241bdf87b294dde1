/** A first picture by the mean embedding, before the embedder is loaded. */
import { expect, it } from "vitest";
import { abortable } from "../../src/base/abortable";
import { adapterClass } from "../../src/graph/lower/conv-choice";
import { EarlyTime, firstSize } from "../../src/colorizer/early";
import { Colorizer, DownloadError, type ColorizeResult, type ColorizerOptions } from "../../src/index";
import { loadModel } from "../../src/weights/model/files";
import { testDevice } from "../gpu";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { recombined, type Picture } from "../reference/color";
import { tinyChroma, tinyReader } from "../shared/tiny-model";

const MEAN = [0.9, -0.7, 0.8];
const picture: Picture = {
  width: 37,
  height: 23,
  data: Uint8ClampedArray.from(randoms(37 * 23 * 4, 3, 0, 256), Math.floor),
};

/** Loads a tiny model whose embedder arrives, or fails, when the test says so. */
async function load(
  options: ColorizerOptions = { early: true },
  mean: readonly number[] | null = MEAN,
  size?: number,
): Promise<{ colorizer: Promise<Colorizer>; arrive: (error?: Error) => void }> {
  let arrive!: (error?: Error) => void;
  const arrived = new Promise<void>((resolve, reject) => {
    arrive = (error) => (error ? reject(error) : resolve());
  });
  const read = tinyReader({ ...(mean && { mean }), ...(size && { colorizer: { size } }) });
  const colorizer = Colorizer.load({
    model: "tiny",
    device: await testDevice(),
    precision: "f32",
    read: async (path, expected, onProgress, signal) => {
      if (path === "embedder.onnx") await abortable(arrived, signal);
      return read(path, expected, onProgress, signal);
    },
    ...options,
  });
  colorizer.catch(() => undefined);
  return { colorizer, arrive };
}

/** What EarlyTime asks of a Colorizer that is complete with `complete`. */
async function loading(complete: Promise<void>): Promise<Pick<Colorizer, "manifest" | "device" | "complete">> {
  const { manifest } = await loadModel("tiny", { read: tinyReader() });
  return { manifest, device: await testDevice(), complete };
}

/** Whether a promise settles within half a second. */
function settles(promise: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500));
  return Promise.race([promise.then(() => true), late]);
}

function expected(colorizer: Colorizer, embedding?: readonly number[], saturation = 1): Uint8ClampedArray {
  const { workingSize, paddedSize } = colorizer.plan(picture.width, picture.height);
  const chroma = tinyChroma(picture, workingSize, paddedSize, embedding);
  return recombined(picture, { ...chroma, chromaScale: 128 * saturation });
}

it("gives a picture by the mean embedding, then the picture", async () => {
  const { colorizer: loading, arrive } = await load();
  const colorizer = await loading;
  let last!: Promise<ColorizeResult>;
  const first = await new Promise<ColorizeResult>((onEarly) => {
    last = colorizer.colorize(picture, { onEarly });
  });
  expectClose(first.data, expected(colorizer, MEAN), { abs: 2 });
  expectClose((await first.withSaturation(1.5)).data, expected(colorizer, MEAN, 1.5), { abs: 2 });
  expect(await settles(last)).toBe(false);
  arrive();
  expectClose((await last).data, expected(colorizer), { abs: 2 });
  await colorizer.complete;
  // Once complete, there is no first picture any more.
  const again = await colorizer.colorize(picture, { onEarly: () => expect.unreachable() });
  expect(again.data).toEqual((await last).data);
  colorizer.dispose();
});

it("waits for the embedder where the caller wants no first picture", async () => {
  const { colorizer: loading, arrive } = await load();
  const result = (await loading).colorize(picture);
  expect(await settles(result)).toBe(false);
  arrive();
  expectClose((await result).data, expected(await loading), { abs: 2 });
  (await loading).dispose();
});

it("loads everything first without the option, or without a mean embedding", async () => {
  for (const { colorizer, arrive } of [await load({}), await load({ early: true }, null)]) {
    expect(await settles(colorizer)).toBe(false);
    arrive();
    const whole = await colorizer;
    await whole.complete;
    await whole.colorize(picture, { onEarly: () => expect.unreachable() });
    whole.dispose();
  }
});

it("throws the embedder's error after the first picture", async () => {
  const { colorizer: loading, arrive } = await load();
  const colorizer = await loading;
  let firsts = 0;
  const error = new DownloadError({ where: "embedder.onnx", expected: "a file", received: "none" });
  const result = colorizer.colorize(picture, { onEarly: () => (firsts++, arrive(error)) });
  await expect(result).rejects.toBe(error);
  await expect(colorizer.complete).rejects.toBe(error);
  expect(firsts).toBe(1);
  colorizer.dispose();
});

it("ends the load when it is disposed before it is complete", async () => {
  const { colorizer: loading } = await load();
  const colorizer = await loading;
  colorizer.dispose();
  await expect(colorizer.complete).rejects.toMatchObject({ name: "AbortError" });
});

it("aborts while it waits for the embedder", async () => {
  const { colorizer: loading, arrive } = await load();
  const job = new AbortController();
  const result = (await loading).colorize(picture, { onEarly: () => job.abort(), signal: job.signal });
  await expect(result).rejects.toMatchObject({ name: "AbortError" });
  arrive();
  await (
    await loading
  ).complete;
  (await loading).dispose();
});

it("predicts the first picture at half the size on software drivers, and at the size that was asked for", async () => {
  const software = adapterClass((await testDevice()).adapterInfo).kind === "cpu";
  for (const size of [undefined, 48]) {
    const { colorizer: loading, arrive } = await load({ early: true }, MEAN, 64);
    const colorizer = await loading;
    let first: ColorizeResult | undefined;
    const last = colorizer.colorize(picture, {
      onEarly: (result) => ((first = result), arrive()),
      ...(size && { size }),
    });
    const whole = colorizer.plan(picture.width, picture.height, { ...(size && { size }) }).workingSize;
    const half = colorizer.plan(picture.width, picture.height, { size: 32 }).workingSize;
    expect((await last).workingSize).toEqual(whole);
    expect(first!.workingSize).toEqual(software && !size ? half : whole);
    await colorizer.complete;
    colorizer.dispose();
  }
});

it("lets the embedder wait for a first picture, however long that takes", async () => {
  const early = new EarlyTime();
  let over = false;
  const complete = early.wait().then(() => void (over = true));
  let paint!: (result: ColorizeResult) => void;
  const painted = new Promise<ColorizeResult>((resolve) => (paint = resolve));
  const done = early.colorize(picture, { size: 32, onEarly: () => undefined }, await loading(complete), () => painted);
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(over).toBe(false);
  const result = {} as ColorizeResult;
  paint(result);
  expect(await done).toBe(result);
  expect(over).toBe(true);
});

it("lets the embedder not wait when no first picture is asked for, or it cannot be opened", async () => {
  await new EarlyTime().wait();
  const early = new EarlyTime();
  const complete = early.wait();
  const none: Picture = { width: 0, height: 0, data: new Uint8ClampedArray() };
  const failed = early.colorize(none, { size: 32, onEarly: () => undefined }, await loading(complete), () =>
    expect.unreachable(),
  );
  await expect(failed).rejects.toThrow("0");
  await complete;
});

it.each([
  ["half of a small model's", { pixels: 128, multiple: 8 }, 64],
  ["no more than suffices", { pixels: 320, multiple: 32 }, 96],
  ["the least that the network takes", { pixels: 512, multiple: 128 }, 128],
  ["the model's own, where the network takes no less", { pixels: 256, multiple: 256 }, undefined],
] as const)("chooses the first picture's size on software drivers: %s", async (_, size, expected) => {
  const { manifest } = await loadModel("tiny", { read: tinyReader() });
  const sized = { ...manifest, colorizer: { ...manifest.colorizer, size: { ...manifest.colorizer.size, ...size } } };
  const at = (description: string): number | undefined =>
    firstSize(sized, { adapterInfo: { description } } as GPUDevice);
  expect(at("llvmpipe (LLVM 15.0.6, 256 bits)")).toBe(expected);
  expect(at("NVIDIA H100")).toBe(undefined);
});
