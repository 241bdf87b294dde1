/** A device that is lost or throws at any call, or hangs in a picture, ends in the right picture or in a typed error. */
import { describe, expect, it, vi } from "vitest";
import { Colorizer, DeviceError, EngineError } from "../../src/index";
import { requestNodeDevice } from "../../src/node/device";
import { randoms } from "../shared/randoms";
import { tinyReader } from "../shared/tiny-model";
import { Trouble, type Failure } from "../shared/losses";

vi.setConfig({ testTimeout: 300_000 });

const picture = {
  width: 24,
  height: 16,
  data: Uint8Array.from(randoms(24 * 16 * 4, 3, 0, 256), Math.floor),
};
const trouble = new Trouble();
const device = async (): Promise<GPUDevice> => trouble.request(requestNodeDevice);
const load = (options: Parameters<typeof Colorizer.load>[0] = {}): Promise<Colorizer> =>
  Colorizer.load({ model: "tiny", read: tinyReader(), device, precision: "f32", ...options });

/** Loads, colours and changes the saturation; disposes of the Colorizer. */
async function colour(onStage?: (stage: string) => void): Promise<ArrayLike<number>> {
  const colorizer = await load();
  try {
    const result = await colorizer.colorize(picture, { onStage });
    return (await result.withSaturation(2)).data;
  } finally {
    colorizer.dispose();
  }
}

/** Of a whole run without trouble: the first and the last call of each name, the number of calls before the picture itself is worked on, and the picture. */
async function calm(failure?: Failure): Promise<{ sample: number[]; prepared: number; expected: ArrayLike<number> }> {
  trouble.arm(failure);
  let prepared = NaN;
  const expected = await colour((stage) => {
    if (stage === "luminance") prepared = trouble.calls;
  });
  return { sample: trouble.sample, prepared, expected };
}

const differs = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length !== b.length || Array.from(a).some((value, i) => Math.abs(value - b[i]!) > 2);

describe("at any call of load, picture and readback", () => {
  it("a lost device is replaced once, and the picture is right", async () => {
    const { sample, expected } = await calm("lost");
    expect(sample.length).toBeGreaterThan(40);
    for (const call of sample) {
      trouble.arm("lost", call);
      expect(differs(await colour(), expected), `call ${call}`).toBe(false);
      expect(trouble.fired).toBe(1);
    }
  });

  it("a TypeError before the picture is worked on is recovered from, and a later one is a DeviceError", async () => {
    const { sample, prepared, expected } = await calm("thrown");
    expect(sample.filter((call) => call < prepared).length).toBeGreaterThan(20);
    expect(sample.filter((call) => call >= prepared).length).toBeGreaterThan(20);
    for (const call of sample) {
      trouble.arm("thrown", call);
      const result = await colour().catch((error: unknown) => error);
      const place = `call ${call}, ${trouble.failed}`;
      expect(trouble.fired, place).toBe(1);
      // A network that cannot be bound, or whose algorithms cannot be checked, is bound again with the default algorithm.
      if (call < prepared && trouble.failed !== "requestDevice")
        expect(differs(result as ArrayLike<number>, expected), `${place}: ${String(result)}`).toBe(false);
      else expect(result, place).toBeInstanceOf(DeviceError);
    }
  });
});

it("a device that is lost twice is replaced by f32 and a smaller size, and lost again ends in a typed error", async () => {
  trouble.arm();
  const colorizer = await load({ precision: "auto" });
  const before = (await colorizer.colorize(picture, { size: 64 })).workingSize;
  const devices = new Set<GPUDevice>([colorizer.device]);
  const onStage = (lost: number) => (stage: string) => {
    devices.add(colorizer.device);
    if (stage === "chroma" && devices.size <= lost) colorizer.device.destroy();
  };
  const result = await colorizer.colorize(picture, { size: 64, onStage: onStage(2) });
  expect(devices.size).toBe(3);
  expect(colorizer.elem).toBe("f32");
  expect(result.workingSize.width).toBeLessThan(before.width);
  expect(result.notes).toEqual([
    "the device was lost twice: computed in f32",
    `the device was lost twice: predicted at ${result.workingSize.width} x ${result.workingSize.height} pixels, not ${before.width} x ${before.height}`,
  ]);
  expect((await result.withSaturation(2)).notes).toEqual(result.notes);
  devices.clear();
  const failed = colorizer.colorize(picture, { onStage: onStage(9) });
  await expect(failed).rejects.toBeInstanceOf(DeviceError);
  await expect(failed).rejects.toThrow(/a lost one/);
  expect(devices.size).toBe(3);
  colorizer.dispose();
});

it("keeps the measured choices on the new device", async () => {
  trouble.arm();
  const colorizer = await load({
    tune: { milliseconds: 300, store: { read: async () => undefined, write: async () => undefined } },
  });
  await colorizer.colorize(picture);
  const first = colorizer.device;
  const report = await colorizer.tune({ milliseconds: 300 });
  first.destroy();
  await colorizer.colorize(picture);
  expect(colorizer.device).not.toBe(first);
  expect(report).toBeDefined();
  colorizer.dispose();
});

it("an error of the caller's onStage is thrown as it is", async () => {
  trouble.arm();
  const colorizer = await load();
  const error = new TypeError("not a function");
  const onStage = (): never => {
    throw error;
  };
  await expect(colorizer.colorize(picture, { onStage })).rejects.toBe(error);
  colorizer.dispose();
});

it("a request for another device that fails once is made again", async () => {
  trouble.arm();
  let requests = 0;
  const colorizer = await load({
    device: () => (++requests === 2 ? Promise.reject(new Error("no device")) : device()),
  });
  colorizer.device.destroy();
  await colorizer.colorize(picture);
  expect(requests).toBe(3);
  colorizer.dispose();
});

it("a device that the caller gave is not replaced", async () => {
  trouble.arm();
  const own = await device();
  const colorizer = await load({ device: own });
  own.destroy();
  await expect(colorizer.colorize(picture)).rejects.toThrow(/a lost one/);
  colorizer.dispose();
});

it("what never settles is ended by the watchdog, and the picture is right", async () => {
  const { expected } = await calm();
  const colorizer = await load({ hangTimeout: 200 });
  for (const call of [3, 12, 25]) {
    trouble.arm("silent" satisfies Failure, call);
    const result = await colorizer.colorize(picture);
    expect(differs((await result.withSaturation(2)).data, expected)).toBe(false);
  }
  colorizer.dispose();
  const own = await device();
  trouble.arm();
  await expect(load({ device: own, hangTimeout: 0 })).rejects.toThrow(/hangTimeout: expected a number from 1/);
  const stuck = await load({ device: own, hangTimeout: 200 });
  trouble.arm("silent", 0, Infinity);
  const error: unknown = await stuck.colorize(picture).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EngineError);
  expect(String(error)).toMatch(/expected progress, received none in 2 s/);
  trouble.arm();
  stuck.dispose();
  own.destroy();
});

it("what never settles while a model is loaded is ended by the watchdog", async () => {
  trouble.arm("silent");
  const calm = await load();
  const { sample } = trouble;
  calm.dispose();
  // A request for a device that never settles, the first call, ends in a DeviceError.
  for (const call of sample.slice(1)) {
    trouble.arm("silent", call);
    const colorizer = await load({ hangTimeout: 100 });
    expect((await colorizer.colorize(picture)).notes, `call ${call}`).toEqual([]);
    colorizer.dispose();
  }
  const own = await device();
  trouble.arm("silent", 0, Infinity);
  await expect(load({ device: own, hangTimeout: 100 })).rejects.toThrow(
    /colorize: expected progress, received none in 1 s/,
  );
  trouble.arm();
  own.destroy();
  const never = new Promise<never>(() => undefined);
  await expect(load({ device: () => never, hangTimeout: 100 })).rejects.toThrow(/expected progress/);
});

it("a model that cannot be read again after a loss is read by the next picture", async () => {
  trouble.arm();
  const read = tinyReader();
  let offline = false;
  const colorizer = await load({ read: (...args) => (offline ? Promise.reject(new Error("offline")) : read(...args)) });
  offline = true;
  colorizer.device.destroy();
  await expect(colorizer.colorize(picture)).rejects.toThrow(/offline/);
  offline = false;
  expect((await colorizer.colorize(picture)).notes).toEqual([]);
  colorizer.dispose();
});
