/** What a run takes on the GPU is known from the plan, and stays within the promised bound. */
import { describe, expect, it } from "vitest";
import { importModel } from "../../../src/graph/import";
import { ConvChoices } from "../../../src/graph/lower/conv-choice";
import { sizeOf, type Shape } from "../../../src/graph/ir";
import { lower } from "../../../src/graph/lower/lower";
import { optimize } from "../../../src/graph/optimize";
import type { LowerOptions } from "../../../src/graph/lower/program-builder";
import { bufferBytes, type Program } from "../../../src/graph/lower/program";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { inceptionResNetV2, stridedNetwork, tableNetwork } from "../../shared/networks";
import { ENGINE } from "../../../src/session/engine";

const programOf = (
  model: Uint8Array,
  inputShapes: Record<string, Shape>,
  chooseConv?: LowerOptions["chooseConv"],
): Program =>
  lower(optimize(importModel(decodeModel(model), ENGINE, { inputShapes }), ENGINE), ENGINE, {
    elem: "f32",
    chooseConv,
  });

/** As the rules choose on a driver: by Winograd where they may. */
const llvmpipe = new ConvChoices(
  {
    adapterInfo: { description: "llvmpipe", subgroupMinSize: 8 } as GPUAdapterInfo,
    features: new Set(["subgroups"]),
    limits: { maxComputeWorkgroupStorageSize: 16_384 } as GPUSupportedLimits,
  },
  ENGINE.convolutions,
);

/** The largest sum of a step's distinct values: what one dispatch reads and writes. */
function largestPair(program: Program): number {
  const bytes = (value: string): number => bufferBytes(sizeOf(program.placements.get(value)!.shape), program.elem);
  return Math.max(
    ...program.steps.map((step) => {
      const values = Object.values(step.operands).flatMap((o) => (o.kind === "value" ? [o.value] : []));
      return [...new Set(values)].reduce((sum, value) => sum + bytes(value), 0);
    }),
  );
}

describe("memory of the networks", () => {
  const cases: [string, () => Uint8Array, Record<string, Shape>][] = [
    ["Inception-ResNet-v2", inceptionResNetV2, { image: [1, 3, 299, 299] }],
    ["table network", tableNetwork, { luminance: [1, 1, 256, 256], embedding: [1, 1000] }],
    ["strided network", stridedNetwork, { luminance: [1, 1, 224, 224], embedding: [1, 1001] }],
  ];
  for (const [name, make, shapes] of cases)
    it(`${name}: at most 1.5 x weights + 2 x the largest pair of activations`, () => {
      const program = programOf(make(), shapes);
      const activations = [...program.placements.values()].reduce(
        (sum, { shape }) => sum + bufferBytes(sizeOf(shape), "f32"),
        0,
      );
      expect(program.activationBytes + program.weightBytes).toBeLessThanOrEqual(
        1.5 * program.weightBytes + 2 * largestPair(program),
      );
      expect(program.activationBytes).toBeLessThan(2 * largestPair(program));
      expect(program.activationBytes).toBeLessThan(activations / 2);
      // Of precision "f16-weights": at most two bytes for a weight of a convolution, four in dense layers.
      const small = programOf(make(), shapes, llvmpipe.small.choose);
      expect(small.weightBytes).toBeLessThan(0.56 * program.weightBytes);
      const packings = small.weights.flatMap(({ packing }) =>
        packing.layout === "conv2d" && packing.inBlock > 1 ? [packing.int8 ?? packing.elem === "f16"] : [],
      );
      expect(packings.length).toBeGreaterThan(10);
      expect(packings).not.toContain(false);
      const chosen = programOf(make(), shapes, llvmpipe.choose);
      expect(chosen.steps.map((step) => step.kernel)).toContain("convWinogradInput");
      expect(chosen.activationBytes, "with the transformed images").toBeLessThan(activations / 2);
    });
});
