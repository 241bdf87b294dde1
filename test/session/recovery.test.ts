/** A session whose device is lost, throws or hangs finishes the run on another device, or ends in a typed error. */
import { describe, expect, it, vi } from "vitest";
import { DeviceError } from "../../src/base/errors";
import { requestNodeDevice } from "../../src/node/device";
import { DEFAULT_CHOICE } from "../../src/kernels/conv/algorithms";
import { GpuBench } from "../../src/tuning/bench";
import type { TuningStore } from "../../src/tuning/store";
import { Session, type SessionOptions } from "../../src/session/session";
import { Trouble, type Failure } from "../shared/losses";
import { buildModel, node } from "../../tools/onnx-writer";
import { randoms } from "../shared/randoms";

vi.setConfig({ testTimeout: 300_000 });

/** A convolution and relu of variable size. */
const model = buildModel({
  inputs: [{ name: "x", shape: [1, 4, "h", "w"] }],
  outputs: [{ name: "y" }],
  nodes: [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["y"])],
  initializers: [{ name: "w", shape: [4, 4, 1, 1], data: [...randoms(16, 1)] }],
});
const x = { data: randoms(4 * 6 * 5, 2), shape: [1, 4, 6, 5] };
const inputShapes = { x: [1, 4, 6, 5] };

const trouble = new Trouble();
const device = async (): Promise<GPUDevice> => trouble.request(requestNodeDevice);

/** Loads and runs; disposes of the session. */
async function computed(options: SessionOptions = {}): Promise<Float32Array> {
  const session = await Session.load(model, { device, precision: "f32", inputShapes, ...options });
  try {
    return (await session.run({ x }))["y"]!.data;
  } finally {
    session.dispose();
  }
}

/** The right result, and the first and the last call of each name that can fail in this way. */
async function calm(failure: Failure): Promise<{ sample: number[]; expected: Float32Array }> {
  trouble.arm(failure);
  const expected = await computed();
  return { sample: trouble.sample, expected };
}

describe("at any call of load, run and readback", () => {
  it("a lost device is replaced, and the result is right", async () => {
    const { sample, expected } = await calm("lost");
    expect(sample.length).toBeGreaterThan(30);
    for (const call of sample) {
      trouble.arm("lost", call);
      expect(await computed(), `call ${call}`).toEqual(expected);
      expect(trouble.fired).toBe(1);
    }
  });

  it("a TypeError of the device is a DeviceError, or the result is right", async () => {
    const { sample, expected } = await calm("thrown");
    let errors = 0;
    for (const call of sample) {
      trouble.arm("thrown", call);
      const result = await computed().catch((error: unknown) => error);
      expect(trouble.fired, `call ${call}`).toBe(1);
      if (result instanceof Error) {
        errors++;
        expect(result, `call ${call}`).toBeInstanceOf(DeviceError);
      } else expect(result, `call ${call}`).toEqual(expected);
    }
    // Where compiling or a check fails, the default algorithm is tried.
    expect(errors).toBeGreaterThan(5);
  });

  it("what never settles is ended by the watchdog, and the result is right", async () => {
    const { sample, expected } = await calm("silent");
    expect(sample.length).toBeGreaterThan(6);
    // A request for a device that never settles, the first call, ends in a DeviceError.
    for (const call of sample.slice(1)) {
      trouble.arm("silent", call);
      expect(await computed({ hangTimeout: 50 }), `call ${call}`).toEqual(expected);
    }
  });
});

it("a device that is lost twice is replaced by f32, with a note, and lost again ends in a typed error", async () => {
  trouble.arm();
  const devices: GPUDevice[] = [];
  /** The next so many devices are lost when they are first used. */
  let losses = 2;
  const request = async (): Promise<GPUDevice> => {
    const made = await requestNodeDevice();
    const submit = made.queue.submit.bind(made.queue);
    let used = false;
    made.queue.submit = (buffers) => {
      if (!used && losses-- > 0) made.destroy();
      used = true;
      submit(buffers);
    };
    devices.push(made);
    return made;
  };
  const session = await Session.load(model, { device: request, precision: "auto" });
  const before = session.elem;
  expect(session.notes).toEqual([]);
  expect((await session.run({ x }))["y"]!.shape).toEqual([1, 4, 6, 5]);
  expect(devices.length).toBe(3);
  expect(session.elem).toBe("f32");
  expect(session.notes.length).toBe(1);
  expect(["f16", "f32"]).toContain(before);
  losses = 99;
  devices.at(-1)!.destroy();
  await expect(session.run({ x })).rejects.toThrow(/expected a working device, received a lost one/);
  losses = 0;
  await session.run({ x });
  session.dispose();
});

it("keeps the measured choices on the new device", async () => {
  trouble.arm();
  const devices: GPUDevice[] = [];
  const request = async (): Promise<GPUDevice> => devices[devices.push(await device()) - 1]!;
  const session = await Session.load(model, { device: request, inputShapes });
  const store = { read: async () => undefined, write: async () => undefined };
  const { rows } = await session.tune({ milliseconds: 1e6, store });
  expect(rows.length).toBe(1);
  devices[0]!.destroy();
  await session.run({ x });
  expect(devices.length).toBe(2);
  // Everything is measured already.
  expect((await session.tune({ milliseconds: 1e6, store })).rows).toEqual([]);
  session.dispose();
});

it("a device that the caller gave is not replaced, and errors of tuning and profiles are typed", async () => {
  trouble.arm();
  const own = await device();
  const session = await Session.load(model, { device: own, inputShapes });
  own.createQuerySet = () => {
    throw new TypeError("no query set");
  };
  Object.defineProperty(own, "features", { value: new Set([...own.features, "timestamp-query"]) });
  await expect(session.profile()).rejects.toBeInstanceOf(DeviceError);
  await expect(session.tune({ milliseconds: 10 })).rejects.toBeInstanceOf(DeviceError);
  own.destroy();
  await expect(session.run({ x })).rejects.toThrow(/received a lost one/);
  session.dispose();
});

it("dispose() ends tuning, which stores nothing of the algorithm that it measured", async () => {
  const own = await requestNodeDevice();
  const session = await Session.load(model, { device: async () => own, precision: "f32", inputShapes });
  const written: unknown[] = [];
  const store: TuningStore = {
    read: async () => undefined,
    write: async (_, measured) => void written.push(measured),
  };
  const { open } = GpuBench.prototype;
  const opening = vi.spyOn(GpuBench.prototype, "open").mockImplementation(async function (this: GpuBench, ...args) {
    if (args[1] !== DEFAULT_CHOICE) {
      session.dispose();
      await own.lost;
    }
    return open.apply(this, args);
  });
  await expect(session.tune({ milliseconds: Infinity, store })).rejects.toThrow(/abort/i);
  expect(opening).toHaveBeenCalledTimes(2);
  expect(written).toEqual([]);
  opening.mockRestore();
});

it("a device that throws when it is freed does no harm", async () => {
  trouble.arm();
  const own = await requestNodeDevice();
  const session = await Session.load(model, { device: async () => own, inputShapes });
  const destroy = own.destroy.bind(own);
  own.destroy = () => {
    throw new TypeError("no such device");
  };
  session.dispose();
  await new Promise((resolve) => setTimeout(resolve, 50));
  destroy();
});
