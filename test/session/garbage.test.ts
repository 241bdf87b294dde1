/** What a kept device keeps of colorizers and sessions that were disposed of. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Colorizer } from "../../src/index";
import { PipelineCache } from "../../src/gpu/pipelines";
import { Session } from "../../src/session/session";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";
import { tinyReader } from "../shared/tiny-model";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const ROUNDS = 6;

/** Runs `round` some times; resolves with the pipelines made, and with how many remain of each thing that it watched. */
async function leftOf(
  device: GPUDevice,
  round: (watch: (object: object) => void) => Promise<void>,
): Promise<{ pipelines: number; left(): Promise<number> }> {
  const watched: WeakRef<object>[] = [];
  const watch = (object: object): void => void watched.push(new WeakRef(object));
  const { createComputePipelineAsync } = device;
  let pipelines = 0;
  device.createComputePipelineAsync = async (descriptor) => {
    const pipeline = await createComputePipelineAsync.call(device, descriptor);
    pipelines++;
    watch(pipeline);
    return pipeline;
  };
  for (let i = 0; i < ROUNDS; i++) await round(watch);
  device.createComputePipelineAsync = createComputePipelineAsync;
  const left = async (): Promise<number> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
    return watched.filter((object) => object.deref() !== undefined).length;
  };
  return { pipelines, left };
}

describe("a device that is kept", () => {
  it("keeps nothing of disposed Colorizers", async () => {
    const device = await testDevice();
    const { pipelines, left } = await leftOf(device, async (watch) => {
      const colorizer = await Colorizer.load({ model: "tiny", read: tinyReader(), device, precision: "f32" });
      watch(colorizer);
      await colorizer.colorize({ data: new Uint8Array(4 * 16 * 16).fill(99), width: 16, height: 16 });
      colorizer.dispose();
    });
    expect(pipelines).toBeGreaterThan(5 * ROUNDS);
    // What the last round made may still be on the stack.
    await expect.poll(left, { timeout: 10_000 }).toBeLessThanOrEqual(1 + pipelines / ROUNDS);
  });

  it("keeps nothing of disposed Sessions, nor of the pipelines they shared", async () => {
    const device = await testDevice();
    const model = buildModel({
      inputs: [{ name: "x", shape: [4] }],
      outputs: [{ name: "y" }],
      nodes: [node("Relu", ["x"], ["y"])],
    });
    const { pipelines, left } = await leftOf(device, async (watch) => {
      const shared = new PipelineCache(device);
      const session = await Session.load(model, { device, precision: "f32", pipelines: shared });
      for (const object of [shared, session]) watch(object);
      await session.run({ x: { data: new Float32Array(4), shape: [4] } });
      session.dispose();
    });
    expect(pipelines).toBe(ROUNDS);
    await expect.poll(left, { timeout: 10_000 }).toBeLessThanOrEqual(3);
  });
});
