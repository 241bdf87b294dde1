/** Convolutions of images that a device cannot bind at once are computed in bands of rows, and all shipped models fit into default limits. */
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { described } from "../../src/colorizer/network-inputs";
import { SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { BoundProgram } from "../../src/gpu/bound-program";
import { PipelineCache } from "../../src/gpu/pipelines";
import { runProgram } from "../../src/gpu/run-program";
import { WeightStore } from "../../src/gpu/weight-store";
import { importModel } from "../../src/graph/import";
import { sizeOf, type Graph } from "../../src/graph/ir";
import { lower } from "../../src/graph/lower/lower";
import { bufferBytes, type Program } from "../../src/graph/lower/program";
import { optimize } from "../../src/graph/optimize";
import { bandsOf } from "../../src/graph/ops/conv-bands";
import { workingSize } from "../../src/image/layout";
import { elemBytes, type Elem } from "../../src/kernels/kernel";
import { ENGINE } from "../../src/session/engine";
import { convGraph } from "../../src/tuning/conv-graph";
import { parseManifest } from "../../src/weights/model/manifest";
import { decodeModel } from "../../src/weights/onnx/decode";
import { testDevice } from "../gpu";
import { convCase } from "../shared/conv-cases";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";

vi.setConfig({ testTimeout: 600_000 });

/** Most bytes of a value that a step of the program binds. */
function largestBinding({ steps, placements, elem }: Program): number {
  const operands = steps.flatMap(({ operands }) => Object.values(operands));
  const sizes = operands.map((operand) => {
    if (operand.kind === "weight") return 0;
    return bufferBytes(operand.range?.count ?? sizeOf(placements.get(operand.value)!.shape), elem);
  });
  return Math.max(...sizes);
}

async function computed(graph: Graph, elem: Elem, bindingBytes: number, choice: string) {
  const device = await testDevice();
  const program = lower(graph, ENGINE, { elem, bindingBytes, chooseConv: () => choice });
  const store = new WeightStore(device, elem);
  const pipelines = new PipelineCache(device);
  const bound = await BoundProgram.create(device, program, ENGINE.kernels, graph.constants, pipelines, store);
  const inputs = program.inputs.map(({ name, shape }, i) => [name, randoms(sizeOf(shape), 5 + i)] as const);
  const { dst } = await runProgram(device, bound, Object.fromEntries(inputs));
  bound.destroy();
  store.destroy();
  return { program, data: dst!.data };
}

describe("bands compute what the whole convolution does", () => {
  const cases = {
    plain: convCase("", [40, 16, 8], [3, 3], 16),
    "4x4 with unequal pads": convCase("", [40, 16, 16], [4, 4], 8),
    strided: convCase("", [64, 16, 8], [3, 3], 16, { strides: [2, 2] }),
    dilated: convCase("", [40, 16, 8], [3, 3], 8, { dilations: [3, 3], pads: [3, 3] }),
    pooled: convCase("", [40, 32, 8], [3, 3], 16, { pool: true }),
    "with a residual": convCase("", [40, 16, 8], [1, 1], 16, { residual: true }),
    "of one channel": convCase("", [40, 64, 1], [3, 3], 16),
    "of rows that are copied": convCase("", [40, 16, 1], [3, 3], 16),
  };
  for (const [name, { params }] of Object.entries(cases))
    it(name, async () => {
      const weights = randoms(params.kernel[0] * params.kernel[1] * params.inChannels * params.outChannels, 1);
      const graph = convGraph(params, { weights, bias: randoms(params.outChannels, 2) });
      const choices = params.inChannels === 1 ? ["flat/4"] : ["direct/4"];
      for (const choice of choices) {
        const whole = await computed(graph, "f32", Infinity, choice);
        const most = 12 * 1024;
        const banded = await computed(graph, "f32", most, choice);
        expect(banded.program.steps.length).toBeGreaterThan(whole.program.steps.length);
        expectClose(banded.data, whole.data, { abs: 1e-4 });
        if (choice === "direct/4") expect(largestBinding(banded.program)).toBeLessThanOrEqual(most);
      }
    });

  it("in f16 as well", async (context) => {
    if (!(await testDevice()).features.has("shader-f16")) context.skip("this adapter has no shader-f16");
    const params = { ...cases.plain.params, elem: "f16" } as const;
    const weights = randoms(9 * params.inChannels * params.outChannels, 1);
    const graph = convGraph(params, { weights, bias: randoms(params.outChannels, 2) });
    const whole = await computed(graph, "f16", Infinity, "direct/4");
    const banded = await computed(graph, "f16", 6 * 1024, "direct/4");
    expect(banded.program.steps.length).toBeGreaterThan(2);
    expectClose(banded.data, whole.data, { abs: 1e-2 });
  });
});

it("bands cover all rows once, within the limit and at aligned offsets", () => {
  for (const { params } of [convCase("", [301, 64, 16], [5, 5], 32), convCase("", [97, 33, 64], [3, 3], 64)]) {
    const most = 2 ** 18;
    const bands = bandsOf(params, most);
    expect(bands.length).toBeGreaterThan(1);
    let next = 0;
    for (const { ranges } of bands) {
      expect(ranges.dst!.first).toBe(next);
      next += ranges.dst!.count;
      for (const { first, count } of Object.values(ranges)) {
        expect((first * elemBytes(params.elem)) % 256).toBe(0);
        expect(count * elemBytes(params.elem)).toBeLessThanOrEqual(most);
      }
    }
    expect(next).toBe(params.outHeight * params.outWidth * params.outChannels);
  }
});

it("a convolution whose last windows lie below the image is not divided", () => {
  const { params } = convCase("", [4, 16, 64], [3, 3], 64, { out: [64, 16] });
  expect(bandsOf(params, 16 * 16 * 64 * 4)).toEqual([{ params, ranges: {} }]);
  // The last window has one row of the image.
  const { params: inside } = convCase("", [62, 16, 64], [3, 3], 64, { out: [63, 16] });
  expect(bandsOf(inside, 16 * 16 * 64 * 4).length).toBeGreaterThan(1);
});

describe("default limits are enough for 1024 pixels in f32", () => {
  const [binding, buffer] = [2 ** 27, 2 ** 28];
  for (const name of SHIPPED_MODELS)
    it(name, () => {
      const folder = `models/${name}`;
      const manifest = parseManifest(JSON.parse(readFileSync(`${folder}/model.json`, "utf8")), folder);
      const { file, size } = manifest.colorizer;
      const model = decodeModel(readFileSync(`${folder}/${manifest.files[file]!.path}`));
      const { passes } = described("colorizer", manifest);
      const engine = { ...ENGINE, passes: [...ENGINE.passes, ...(passes ?? [])] };
      let largest = 0;
      for (const [width, height] of [
        [1, 1],
        [3, 2],
        [2, 3],
        [16, 9],
        [1, 16],
        [16, 1],
      ] as const) {
        // prettier-ignore
        const { padded } = workingSize({ width: 100 * width, height: 100 * height }, 1024, size.multiple);
        const shapes = Object.fromEntries(
          model.inputs.map((input): [string, number[]] => [
            input.name,
            input.shape!.length === 4
              ? [1, Number(input.shape![1]), padded.height, padded.width]
              : input.shape!.map(Number),
          ]),
        );
        const graph = optimize(importModel(model, engine, { inputShapes: shapes }), engine);
        const chooseConv = ({ inChannels }: { inChannels: number }): string => (inChannels < 4 ? "flat/4" : "direct/4");
        const program = lower(graph, engine, { elem: "f32", bindingBytes: binding, chooseConv });
        expect(largestBinding(program)).toBeLessThanOrEqual(binding);
        expect(Math.max(...program.slots)).toBeLessThanOrEqual(buffer);
        largest = Math.max(largest, ...program.slots);
      }
      // The check means something: some image is larger than a binding.
      if (name === "inception-table") expect(largest).toBeGreaterThan(binding);
    });
});
