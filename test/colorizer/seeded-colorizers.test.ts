/** The networks of the presets, at a quarter of their width, against onnxruntime. */
import { beforeAll, describe, expect, it } from "vitest";
import { PipelineCache } from "../../src/gpu/pipelines";
import { Session } from "../../src/session/session";
import { testDevice } from "../gpu";
import { feedsFor, SEEDED_COLORIZERS } from "../shared/colorizers/all";
import { expectClose, maxError } from "../shared/expect-close";
import { runOnnxruntime } from "../shared/onnxruntime";

/** Milliseconds of one test; a busy machine takes minutes. */
const LIMIT = 600_000;

/** Pixels along both sides of the picture. */
const SIDE = 64;

/** Largest error allowed, relative to the range of the output's values. */
const TOLERANCE = { f32: 1e-3, f16: 2e-2 } as const;

let device: GPUDevice;
let pipelines: PipelineCache;
beforeAll(async () => {
  device = await testDevice();
  pipelines = new PipelineCache(device);
});

describe.each(SEEDED_COLORIZERS)("$name at a quarter of its width", { timeout: LIMIT }, (colorizer) => {
  it.for(["f32", "f16"] as const)("agrees with onnxruntime in %s", async (elem, context) => {
    if (elem === "f16" && !device.features.has("shader-f16")) context.skip("this adapter has no shader-f16");
    const bytes = colorizer.make({ width: 0.25, pixels: SIDE });
    const feeds = feedsFor(colorizer, SIDE, SIDE);
    const expected = (await runOnnxruntime(bytes, feeds))[colorizer.output]!;
    const session = await Session.load(bytes, { device, pipelines, precision: elem });
    const actual = (await session.run(feeds))[colorizer.output]!;
    session.dispose();
    expect(actual.shape).toEqual(expected.shape);
    const { range } = maxError(expected.data, expected.data);
    expect(range, "range of the output").toBeGreaterThan(0);
    expectClose(actual.data as Float32Array, expected.data as Float32Array, { range: TOLERANCE[elem] }, colorizer.name);
  });

  // One network will do: their other layers are in f32 files as well.
  it.runIf(colorizer.preset === "eccv16")("gives the same numbers from a file in f16 with inputs in f32", async () => {
    const bytes = colorizer.make({ width: 0.25, pixels: SIDE, elem: "f16" });
    const feeds = feedsFor(colorizer, SIDE, SIDE);
    const expected = (await runOnnxruntime(bytes, feeds))[colorizer.output]!;
    const session = await Session.load(bytes, { device, pipelines, precision: "f32" });
    const actual = (await session.run(feeds))[colorizer.output]!;
    session.dispose();
    // onnxruntime rounds activations to f16 where this engine keeps f32.
    expectClose(actual.data as Float32Array, expected.data as Float32Array, { range: 2e-2 }, colorizer.name);
  });
});
