/** A command that fails, at every place where one can, ends in an error or in the right picture. */
import { describe, expect, it } from "vitest";
import { Colorizer, DeviceError, type ColorizeResult } from "../../src/index";
import { Session } from "../../src/session/session";
import { requestNodeDevice } from "../../src/node/device";
import { randoms } from "../shared/randoms";
import { FAULTS, faulty, type Fault } from "../shared/faults";
import { buildModel, node } from "../../tools/onnx-writer";
import { tinyReader } from "../shared/tiny-model";

/** Half transparent here and there. */
function noise(width: number, height: number): { data: Uint8Array; width: number; height: number } {
  return { width, height, data: Uint8Array.from(randoms(width * height * 4, 3, 0, 256), Math.floor) };
}

/** Where two pictures differ by more than rounding. */
function differs(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length !== b.length || Array.from(a).some((value, i) => Math.abs(value - b[i]!) > 2);
}

interface Tally {
  injected: number;
  errors: number;
  /** Wrong without an error, with the step and call of each. */
  readonly wrong: string[];
}

/** Runs all steps once for every call that can go wrong in them. Each step gives numbers, the same every time. */
async function injectEverywhere(
  device: ReturnType<typeof faulty>,
  fault: Fault,
  steps: readonly (() => Promise<ArrayLike<number>>)[],
): Promise<Tally> {
  // Once before: algorithms are checked when a shape is new.
  for (const step of steps) await step();
  device.arm(fault, -1);
  const expected: ArrayLike<number>[] = [];
  for (const step of steps) expected.push(await step());
  const tally: Tally = { injected: 0, errors: 0, wrong: [] };
  const { calls } = device;
  for (let call = 0; call < calls; call++) {
    device.arm(fault, call);
    for (const [i, step] of steps.entries()) {
      const before = device.fired;
      try {
        if (differs(await step(), expected[i]!)) tally.wrong.push(`${fault} ${call} in step ${i}`);
      } catch (error) {
        expect(error, `${fault} ${call}`).toBeInstanceOf(DeviceError);
        expect(device.fired && !before, `${fault} ${call}: an error in step ${i}, after the fault`).toBe(true);

        tally.errors++;
      }
    }
    expect(device.fired, `${fault} ${call}`).toBe(true);
    tally.injected++;
  }
  return tally;
}

describe("a fault in a picture", () => {
  it("is an error and never a wrong picture, and the next picture is right", async () => {
    const device = await requestNodeDevice();
    const fault = faulty(device);
    const colorizer = await Colorizer.load({ model: "tiny", read: tinyReader(), device, precision: "f32" });
    const [small, wide, tall] = [noise(24, 16), noise(60, 9), noise(7, 40)];
    const kept: ColorizeResult = await colorizer.colorize(small);
    const pixels = async (result: Promise<ColorizeResult>): Promise<ArrayLike<number>> => (await result).data;
    const steps = [
      () => pixels(colorizer.colorize(small)),
      () => pixels(kept.withSaturation(2)),
      () => pixels(kept.withSize(32)),
      () => pixels(colorizer.colorize(wide)),
      () => pixels(colorizer.colorize(wide)), // with what is bound
      () => pixels(colorizer.colorize(tall)),
    ];
    const injected: Record<string, number> = {};
    for (const kind of FAULTS) {
      const tally = await injectEverywhere(fault, kind, steps);
      expect(tally.wrong).toEqual([]);
      // Where binding fails, it is tried once more in another way, and the picture is right.
      expect(tally.errors, kind).toBeGreaterThan(0.8 * tally.injected);
      injected[kind] = tally.injected;
    }
    // Where the driver has no better way to compute a convolution, they are 60, 29, 61 and 11, and as many dropped submits as refused ones.
    expect(Object.values(injected).reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(125);
    colorizer.dispose();
    device.destroy();
  });

  it("is an error where the device does not report it and the picture would be zeros", async () => {
    const device = await requestNodeDevice();
    const { queue } = device;
    const submit = queue.submit.bind(queue);
    const colorizer = await Colorizer.load({ model: "tiny", read: tinyReader(), device, precision: "f32" });
    const result = await colorizer.colorize(noise(24, 16));
    queue.submit = () => undefined;
    await expect(result.withSaturation(2)).rejects.toThrow(
      /recombine: expected that the device executes all commands, received 1 submit without effect/,
    );
    queue.submit = submit;
    expect((await result.withSaturation(1)).data).toEqual(result.data);
    colorizer.dispose();
    device.destroy();
  });
});

it("a fault in a run is an error and never wrong numbers, and the next run is right", async () => {
  const device = await requestNodeDevice();
  const fault = faulty(device);
  const model = buildModel({
    inputs: [{ name: "x", shape: [1, 4, "h", "w"] }],
    outputs: [{ name: "y" }],
    nodes: [
      node("Conv", ["x", "weights"], ["a"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node("Softmax", ["a"], ["y"], { axis: 1 }),
    ],
    initializers: [{ name: "weights", shape: [4, 4, 3, 3], data: [...randoms(144, 5)] }],
  });
  const session = await Session.load(model, { device, precision: "f32", keep: 1 });
  const run = (h: number, w: number) => async (): Promise<ArrayLike<number>> => {
    const data = randoms(4 * h * w, h, 0, 255);
    return (await session.run({ x: { data, shape: [1, 4, h, w] } }))["y"]!.data.map((y) => 1e4 * y);
  };
  const steps = [run(5, 7), run(5, 7), run(6, 3)];
  for (const kind of FAULTS) {
    const { injected, errors, wrong } = await injectEverywhere(fault, kind, steps);
    expect(wrong).toEqual([]);
    if (kind === "refused upload") expect(injected).toBe(0);
    else expect(errors, kind).toBeGreaterThanOrEqual(3);
  }
  session.dispose();
  device.destroy();
});
