import { describe, expect, it, vi } from "vitest";
import { BoundProgram } from "../../src/gpu/bound-program";
import { Colorizer, type ColorizeStage, type LoadProgress } from "../../src/index";
import type { TuningStore } from "../../src/tuning/store";
import { requestNodeDevice } from "../../src/node/device";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { testDevice } from "../gpu";
import { trackLive } from "../shared/live-memory";
import { luminanceOf, recombined, type Picture } from "../reference/color";
import { tinyChroma, tinyReader, type TinyOptions } from "../shared/tiny-model";

function noise(width: number, height: number): Picture {
  return { width, height, data: Uint8ClampedArray.from(randoms(width * height * 4, 3, 0, 256), Math.floor) };
}

async function load(device: GPUDevice, options: TinyOptions = {}): Promise<Colorizer> {
  return Colorizer.load({ model: "tiny", read: tinyReader(options), device, precision: "f32" });
}

/**
 * The device of a GPU that is slower than this program: what the networks say, in the order of their pictures, is read when
 * `ready` says so. The first wait of more than 20 s is the last.
 */
function holdChroma(device: GPUDevice, ready: (picture: number) => boolean): GPUDevice {
  const { createBuffer } = device;
  let reads = 0;
  let holding = true;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    if (descriptor.label !== "chroma" || !(descriptor.usage & GPUBufferUsage.MAP_READ)) return buffer;
    const picture = reads++;
    const mapAsync = buffer.mapAsync.bind(buffer);
    buffer.mapAsync = async (mode) => {
      await mapAsync(mode);
      for (const start = performance.now(); holding && !ready(picture); holding &&= performance.now() - start < 20_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
      return undefined;
    };
    return buffer;
  };
  return device;
}

const aborted = { name: "AbortError" };
const original = BoundProgram.prototype.encode;

describe("Colorizer", () => {
  for (const [width, height] of [
    [1, 1],
    [37, 23],
    [5, 500],
    [64, 64],
  ] as const)
    it(`colours ${width}x${height} as the reference does`, async () => {
      const picture = noise(width, height);
      const colorizer = await load(await testDevice({ defaultLimits: true }));
      const plan = colorizer.plan(width, height);
      const result = await colorizer.colorize(picture);
      expect([result.width, result.height]).toEqual([width, height]);
      expect(result.workingSize).toEqual(plan.workingSize);
      const chroma = tinyChroma(picture, plan.workingSize, plan.paddedSize);
      // One 8-bit step for rounding, one for f32 and WGSL's pow() through three stages.
      expectClose(result.data, recombined(picture, { ...chroma, chromaScale: 128 }), { abs: 2 });
      colorizer.dispose();
    });

  it("changes saturation without another prediction", async () => {
    const picture = noise(33, 17);
    const colorizer = await load(await testDevice());
    const result = await colorizer.colorize(picture);
    const { workingSize: valid, paddedSize: padded } = colorizer.plan(33, 17);
    const grey = await result.withSaturation(0);
    const bytes = grey.data;
    expect(bytes.every((value, i) => i % 4 === 3 || Math.abs(value - bytes[i - (i % 4)]!) <= 1)).toBe(true);
    expectClose(luminanceOf({ ...picture, data: bytes }), luminanceOf(picture), { abs: 0.5 });
    const strong = await grey.withSaturation(1.5);
    expect(strong.timings.embedding).toBe(0);
    const expected = recombined(picture, { ...tinyChroma(picture, valid, padded), chromaScale: 192 });
    expectClose(strong.data, expected, { abs: 2 });
    expect((await colorizer.colorize(picture, { saturation: 1.5 })).data).toEqual(strong.data);
    colorizer.dispose();
  });

  it("predicts at another size with the embedding it has", async () => {
    const picture = noise(70, 40);
    const colorizer = await load(await testDevice());
    const result = await colorizer.colorize(picture, { saturation: 1.2 });
    const encoded: string[] = [];
    const encode = vi.spyOn(BoundProgram.prototype, "encode").mockImplementation(function (
      this: BoundProgram,
      ...args
    ) {
      encoded.push(this.program.label);
      return original.apply(this, args);
    });
    const larger = await result.withSize(96);
    encode.mockRestore();
    // "convolution": algorithms that are checked before they are used.
    expect(new Set(encoded.filter((label) => label !== "convolution"))).toEqual(new Set(["tiny/colorizer.onnx"]));
    expect(larger.workingSize).not.toEqual(result.workingSize);
    expect(larger.data).toEqual((await colorizer.colorize(picture, { saturation: 1.2, size: 96 })).data);
    await expect(result.withSize(0)).rejects.toThrow(/size/);
    colorizer.dispose();
  });

  it("reports progress, stages and times", async () => {
    const progress: LoadProgress[] = [];
    const stages: ColorizeStage[] = [];
    const colorizer = await Colorizer.load({
      model: "tiny",
      read: tinyReader(),
      device: await testDevice(),
      onProgress: (p) => progress.push(p),
    });
    expect(progress.at(-1)).toEqual({ stage: "compile", loaded: 2, total: 2, fromCache: false });
    expect(progress.some(({ stage, loaded, total }) => stage === "download" && loaded === total && total > 0)).toBe(
      true,
    );
    const { timings } = await colorizer.colorize(noise(8, 8), { onStage: (stage) => stages.push(stage) });
    expect(stages).toEqual(["prepare", "luminance", "embedding", "chroma", "recombine"]);
    const { total, ...parts } = timings;
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBeCloseTo(total, 3);
    colorizer.dispose();
  });

  it("tells the time of every step, and colours as before afterwards", async () => {
    const colorizer = await load(await testDevice());
    const before = await colorizer.colorize(noise(40, 30));
    const { embedder, colorizer: second } = await colorizer.profile(before);
    for (const { rows, milliseconds } of [embedder!, second]) {
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((row) => row.milliseconds >= 0 && row.kernel !== "")).toBe(true);
      expect(rows.reduce((sum, row) => sum + row.milliseconds, 0)).toBeCloseTo(milliseconds, 6);
    }
    expect((await colorizer.colorize(noise(40, 30))).data).toEqual(before.data);
    colorizer.dispose();
    await expect(colorizer.profile(before)).rejects.toThrow(/a disposed one/);
  });

  it("tells what a layer computes for a picture, whatever was coloured since", async () => {
    const colorizer = await load(await testDevice());
    const picture = noise(40, 30);
    const { rows } = (await colorizer.profile(picture)).colorizer;
    const layer = { network: "colorizer", output: rows.at(-1)!.output } as const;
    const before = await colorizer.activations(picture, layer);
    const { width, height } = before;
    expect(rows.at(-1)!.size).toEqual({ width, height, channels: 2 });
    expect(before.channels).toBe(2);
    expect(new Set(before.data).size).toBeGreaterThan(100);
    expect((await colorizer.activations(noise(30, 40), layer)).data).not.toEqual(before.data);
    expect(await colorizer.activations(picture, layer)).toEqual(before);
    const { output } = (await colorizer.profile(picture)).embedder!.rows.at(-1)!;
    expect(await colorizer.activations(picture, { network: "embedder", output })).toMatchObject({ channels: 3 });
    await expect(colorizer.activations(picture, { ...layer, output: "none" })).rejects.toThrow(/a row of profile/);
    colorizer.dispose();
    await expect(colorizer.activations(picture, layer)).rejects.toThrow(/a disposed one/);
  });

  it("plans memory that bounds what is really allocated", async () => {
    const device = await requestNodeDevice({ defaultLimits: true });
    let bytes = 0;
    let peak = 0;
    const { createBuffer } = device;
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer.call(device, descriptor);
      peak = Math.max(peak, (bytes += buffer.size));
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => ((bytes -= buffer.size), destroy());
      return buffer;
    };
    const colorizer = await load(device);
    await colorizer.colorize(noise(300, 200));
    // The picture's texture (300 x 200 x 4) and the sizes of dispatches are not counted by both.
    const planned = colorizer.plan(300, 200).peakBytes;
    expect(peak).toBeLessThanOrEqual(planned + 4096);
    expect(peak).toBeGreaterThan(planned / 2);
    expect(() => colorizer.plan(300, 200, { size: 3 })).toThrow(
      /size: expected a whole number from 32 to 1024 \(pixels/,
    );
    expect(() => colorizer.plan(0, 200)).toThrow(/whole sizes of at least 1/);
    colorizer.dispose();
    device.destroy();
  });
});

describe("Colorizer under stress", () => {
  it("runs calls one after the other and each gets its own picture", async () => {
    const colorizer = await load(await testDevice());
    const pictures = [noise(9, 9), noise(20, 8), noise(9, 9)];
    const results = await Promise.all(pictures.map((picture) => colorizer.colorize(picture)));
    expect(results.map(({ width, height }) => `${width}x${height}`)).toEqual(["9x9", "20x8", "9x9"]);
    expect(results[0]!.data).toEqual(results[2]!.data);
    colorizer.dispose();
  });

  it("prepares the next picture while one is on the GPU, and never mixes them", async () => {
    const log: string[] = [];
    const pictures = [noise(9, 9), noise(20, 8), noise(12, 30), noise(9, 9)];
    const hasStarted = (i: number): boolean => i >= pictures.length || log.includes(`${i} luminance`);
    const device = holdChroma(await requestNodeDevice(), (i) => hasStarted(i + 1));
    const colorizer = await load(device);
    const together = await Promise.all(
      pictures.map((picture, i) => colorizer.colorize(picture, { onStage: (stage) => log.push(`${i} ${stage}`) })),
    );
    const at = (entry: string): number => log.indexOf(entry);
    for (const i of [1, 2, 3]) {
      expect(at(`${i} luminance`), "the inputs are free").toBeGreaterThan(at(`${i - 1} chroma`));
      expect(at(`${i} luminance`), "the GPU has work").toBeLessThan(at(`${i - 1} recombine`));
      if (i > 1) expect(at(`${i} prepare`), "one is opened ahead").toBeGreaterThan(at(`${i - 2} chroma`));
    }
    for (const [i, picture] of pictures.entries())
      expect((await colorizer.colorize(picture)).data, `${i}`).toEqual(together[i]!.data);
    colorizer.dispose();
    device.destroy();
  });

  it("aborts before, while waiting and while running, and works afterwards", async () => {
    const colorizer = await load(await testDevice());
    const picture = noise(16, 16);
    await expect(colorizer.colorize(picture, { signal: AbortSignal.abort() })).rejects.toMatchObject(aborted);
    const stop = new AbortController();
    const stopAt = new AbortController();
    const first = colorizer.colorize(picture, {
      signal: stopAt.signal,
      onStage: (stage) => void (stage === "chroma" && stopAt.abort()),
    });
    const second = colorizer.colorize(picture, { signal: stop.signal });
    stop.abort();
    await expect(second).rejects.toMatchObject(aborted);
    await expect(first).rejects.toMatchObject(aborted);
    expect((await colorizer.colorize(picture)).data.length).toBe(1024);
    await expect(load2(AbortSignal.abort())).rejects.toMatchObject(aborted);
    colorizer.dispose();
  });

  async function load2(signal: AbortSignal): Promise<Colorizer> {
    return Colorizer.load({ model: "tiny", read: tinyReader(), device: await testDevice(), signal });
  }

  it("frees everything: after a run, an abort, an error, a failed load and dispose()", async () => {
    const device = await requestNodeDevice();
    const live = trackLive(device);
    const colorizer = await load(device);
    await colorizer.colorize(noise(16, 16));
    const resident = live();
    const stop = new AbortController();
    await colorizer.colorize(noise(16, 16)).then((result) => result.withSaturation(2));
    const onStage = (stage: ColorizeStage): void => void (stage === "recombine" && stop.abort());
    await expect(colorizer.colorize(noise(16, 16), { signal: stop.signal, onStage })).rejects.toMatchObject(aborted);
    await expect(colorizer.colorize({ ...noise(2, 2), width: 3 })).rejects.toThrow(/four a pixel/);
    for (const [width, height] of [
      [40, 8],
      [8, 40],
    ] as const)
      await colorizer.colorize(noise(width, height)); // other shapes take the place of the first
    await colorizer.colorize(noise(16, 16)); // the aborted one has ended when this one has
    expect(live()).toBe(resident);
    await expect(load(device, { colorizer: { output: "nothing" } })).rejects.toThrow(
      /at \$\.colorizer: expected an ONNX file with inputs luminance, embedding and output nothing/,
    );
    expect(live()).toBe(resident);
    colorizer.dispose();
    await expect(colorizer.colorize(noise(2, 2))).rejects.toThrow(/a disposed one/);
    expect(live()).toBe(0);
    device.destroy();
  });

  it("does not pass nonsense off as a picture", async () => {
    for (const bias of [
      [NaN, NaN],
      [50, -50],
    ]) {
      const colorizer = await load(await testDevice(), { bias });
      await expect(colorizer.colorize(noise(16, 16))).rejects.toThrow(
        /predicted by the network, received .*(everywhere|not finite)/,
      );
      colorizer.dispose();
    }
  });

  it("names range and unit of an option that is outside it", async () => {
    const colorizer = await load(await testDevice());
    const picture = noise(1, 1);
    const result = await colorizer.colorize(picture, { saturation: 4 });
    for (const saturation of [NaN, -1, 1e38]) {
      const message = `saturation: expected a number from 0 to 4 (a factor on the predicted colour: 1 as predicted, 0 grey), received ${saturation}.`;
      await expect(colorizer.colorize(picture, { saturation })).rejects.toThrow(message);
      await expect(result.withSaturation(saturation)).rejects.toThrow(message);
    }
    const size = /^size: expected a whole number from 32 to 1024 \(pixels.*received 5000\.$/;
    await expect(colorizer.colorize(picture, { size: 5000 })).rejects.toThrow(size);
    await expect(result.withSize(5000)).rejects.toThrow(size);
    await expect(colorizer.tune({ milliseconds: -1 })).rejects.toThrow(/tune.milliseconds: expected a number from 0/);
    colorizer.dispose();
  });

  it("says how to load the picture at an address", async () => {
    const colorizer = await load(await testDevice());
    const wrong = (source: unknown): Promise<unknown> => colorizer.colorize(source as Picture);
    await expect(wrong("/a.jpg")).rejects.toThrow(
      /colorize: expected a picture: an <img>.* received the address "\/a\.jpg"\. Load it first: .*readImage/,
    );
    await expect(wrong(new URL("http://a.test/a.jpg"))).rejects.toThrow(/the address "http:\/\/a\.test\/a\.jpg"/);
    await expect(wrong(undefined)).rejects.toThrow(/received undefined\.$/);
    colorizer.dispose();
  });

  it("names what a precision may be before anything is read", async () => {
    const reads: string[] = [];
    const read = (path: string): never => {
      reads.push(path);
      throw new Error("not now");
    };
    const options = { model: "tiny", read, device: await testDevice() };
    await expect(Colorizer.load({ ...options, precision: "f64" as "f32" })).rejects.toThrow(
      /precision: expected how numbers are stored on the GPU: one of auto, f32, f16, f16-weights, received f64/,
    );
    await expect(Colorizer.load({ ...options, tune: { milliseconds: -1 } })).rejects.toThrow(/tune.milliseconds/);
    expect(reads).toEqual([]);
  });

  it("says that the device was lost", async () => {
    const device = await requestNodeDevice();
    const colorizer = await load(device);
    const onStage = (stage: ColorizeStage): void => void (stage === "chroma" && device.destroy());
    await expect(colorizer.colorize(noise(16, 16), { onStage })).rejects.toMatchObject({
      name: "DeviceError",
      message: expect.stringMatching(/lost one/) as string,
    });
    await expect(colorizer.colorize(noise(16, 16))).rejects.toMatchObject({ name: "DeviceError" });
  });

  it("tunes after the first picture and not before, with the same pictures, and uses what it found the next time", async () => {
    const device = await testDevice();
    const content = new Map<string, object>();
    const reads: string[] = [];
    const store: TuningStore = {
      read: async (key) => (key.endsWith("checks") ? undefined : (reads.push(key), content.get(key))),
      write: async (key, value) => void (key.endsWith("checks") || content.set(key, value as object)),
    };
    const admit = (choice: string): boolean => choice === "direct/8";
    const tune = { milliseconds: Infinity, store, admit };
    const picture = noise(31, 19);
    const options = { model: "tiny", read: tinyReader(), device, precision: "f32", tune } as const;
    const colorizer = await Colorizer.load(options);
    expect(reads).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(content.size).toBe(0);
    const first = await colorizer.colorize(picture);
    expect(content.size).toBe(0);
    await expect.poll(() => content.size, { timeout: 60_000 }).toBe(1);
    // Queues up behind what idle time began.
    const { rows, shapes, stopped } = await colorizer.tune({ milliseconds: Infinity, admit });
    expect([stopped, shapes.length > 0]).toEqual([undefined, true]);
    const again = await colorizer.tune({ milliseconds: Infinity, admit });
    expect(again).toMatchObject({ rows: [], changed: 0 });
    expect(rows.length).toBeLessThanOrEqual(shapes.length);
    expectClose((await colorizer.colorize(picture)).data, first.data, { abs: 2 });
    colorizer.dispose();
    await expect(colorizer.tune()).rejects.toThrow();

    // Whatever was the fastest: in the next session it is the other way.
    for (const [key, measured] of content)
      content.set(key, Object.fromEntries(Object.keys(measured).map((shape) => [shape, { "direct/8": 0.5 }])));
    const next = await Colorizer.load(options);
    expectClose((await next.colorize(picture)).data, first.data, { abs: 2 });
    const report = await next.tune({ milliseconds: 0 });
    expect(report.shapes.map(({ choice }) => choice)).toContain("direct/8");
    next.dispose();
  });

  it("ends tuning when it is disposed of, and leaves nothing on the device", async () => {
    const device = await testDevice();
    const live = trackLive(device);
    const before = live();
    const colorizer = await load(device);
    const tuning = colorizer.tune({ milliseconds: Infinity, onProgress: () => colorizer.dispose() });
    await expect(tuning).rejects.toMatchObject(aborted);
    await expect.poll(live, { timeout: 10_000 }).toBe(before);
  });
});
