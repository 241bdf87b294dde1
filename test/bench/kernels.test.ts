/** The bench's own shaders on a device, and the cases that it times. */
import { beforeAll, expect, it } from "vitest";
import type { Contender } from "../../bench/contenders";
import { engine } from "../../bench/contenders";
import { benchKernels } from "../../bench/kernel-bench";
import { kernelCases } from "../../bench/kernel-cases";
import { naive } from "../../bench/naive-conv2d";
import { benchPeers } from "../../bench/peer-bench";
import { environmentOf, type Environment } from "../../bench/environment";
import type { Limits, Row } from "../../bench/rows";
import { QUICK_LAYER_NAMES } from "../../bench/subjects";
import { PipelineCache } from "../../src/gpu/pipelines";
import { testDevice } from "../gpu";

const LIMITS: Limits = { repeats: 2, budget: 1e5, tune: 0, exclude: [] };
const rows: Row[] = [];
let device: GPUDevice;

beforeAll(async () => {
  device = await testDevice();
});

/** An environment that writes rows down. */
function environment(contenders: readonly Contender[]): Promise<Environment> {
  rows.length = 0;
  return environmentOf({
    where: "node",
    device: () => Promise.resolve(device),
    read: (path) => Promise.reject(new Error(path)),
    contenders,
    cpuMilliseconds: () => NaN,
    send: (message) => Promise.resolve(void (message.type === "rows" && rows.push(...message.rows))),
  });
}

const subject = { kind: "conv", layer: QUICK_LAYER_NAMES[0]! } as const;
const job = { suite: "peers", subject, elems: ["f32"], contenders: [] } as const;

it("compares the naive convolution with ours before both are timed", async () => {
  const shared = (): Promise<GPUDevice> => Promise.resolve(device);
  await benchPeers(await environment([naive(shared), engine("f32", shared)]), job, LIMITS);
  const [first, second] = rows;
  expect(first).toMatchObject({ contender: "naive kernel", difference: 0, wall: { repeats: 2 } });
  expect(second).toMatchObject({ contender: "colorize-canvas f32", reference: "naive kernel", wall: { repeats: 2 } });
  expect((second as Extract<Row, { kind: "peer" }>).difference).toBeLessThan(1e-4);
});

it("does not time a contender that fails or whose output differs, and continues", async () => {
  const played = (name: string, value: number): Contender => ({
    name,
    elem: "f32",
    ours: false,
    prepare: () =>
      value < 0
        ? Promise.reject(new Error("no backend"))
        : Promise.resolve({ run: () => Promise.resolve(new Float32Array([0, 1, value])), dispose: () => {} }),
  });
  const contenders = [played("right", 2), played("wrong", 3), played("broken", -1), played("right, too", 2)];
  await benchPeers(await environment(contenders), job, LIMITS);
  expect(rows.map((row) => row.kind === "peer" && [row.contender, row.error, row.wall?.repeats])).toEqual([
    ["right", undefined, 2],
    ["wrong", "differs from right by 0.50 of its range: not timed", undefined],
    ["broken", "Error: no backend", undefined],
    ["right, too", undefined, 2],
  ]);
});

it("measures roofs, and leaves out what was done before", async () => {
  const done = kernelCases(true).map(({ name }) => name);
  await benchKernels(
    await environment([]),
    { suite: "kernels", elem: "f32", quick: true },
    { ...LIMITS, exclude: done },
  );
  expect(rows).toHaveLength(1);
  const roof = rows[0] as Extract<Row, { kind: "roof" }>;
  const half = device.features.has("shader-f16") ? roof.halfGflops : 1;
  for (const value of [roof.gflops, half, roof.gbytes, roof.cachedGbytes, roof.dispatch, roof.roundTrip])
    expect(value).toBeGreaterThan(1e-3);
});

it("records every case without a complaint of the device", async () => {
  const pipelines = new PipelineCache(device);
  for (const { name, ready } of kernelCases(false).filter((_, i) => i % 5 === 0)) {
    device.pushErrorScope("validation");
    const work = await ready(device, pipelines, "f32");
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    work.encode(pass);
    pass.end();
    encoder.finish(); // validated, not run: some take seconds on a software driver
    expect((await device.popErrorScope())?.message, name).toBeUndefined();
    expect(work.bytes, name).toBeGreaterThan(0);
    work.destroy();
  }
});
