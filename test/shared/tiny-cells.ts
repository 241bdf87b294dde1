/** A model folder of one small network that predicts how likely each of three colours is, from the lightness alone. */
import { modelFiles } from "../../tools/model-files";
import { buildModel, node } from "../../tools/onnx-writer";

/** a* and b* of grey, red and blue. */
const CELLS = [
  [0, 0],
  [50, 40],
  [10, -50],
];

/** Their scores are these weights times L* / 100, and these. */
const WEIGHTS = [0, 3, -3];
const BIAS = [1, -1, 1];

export function tinyCells(): Record<string, Uint8Array> {
  const network = buildModel({
    inputs: [{ name: "luminance", shape: [1, 1, "h", "w"] }],
    outputs: [{ name: "scores", shape: [1, 3, "h", "w"] }],
    nodes: [node("Conv", ["luminance", "weights", "bias"], ["scores"], { kernel_shape: [1, 1] })],
    initializers: [
      { name: "weights", shape: [3, 1, 1, 1], data: WEIGHTS },
      { name: "bias", shape: [3], data: BIAS },
    ],
  });
  return modelFiles(
    { network: { path: "scores.onnx", bytes: network } },
    {
      name: "tiny-cells",
      colorizer: {
        file: "network",
        inputs: [{ name: "luminance", kind: "lightness", scale: 0.01, offset: 0 }],
        output: { name: "scores", kind: "cells", cells: CELLS, temperature: 0.8 },
        size: { pixels: 16, multiple: 8 },
      },
    },
  );
}
