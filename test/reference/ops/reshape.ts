import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";

export const reference: Reference<"reshape"> = {
  op: "reshape",
  compute: (node, [x]) => ({ shape: node.shape, data: x!.data }),
};

export const onnx: readonly OnnxExample[] = [
  example("Flatten", ["x"], { axis: 2 }),
  example("Reshape", ["x", int64s([0, 2, -1])]),
  example("Squeeze", ["x", int64s([0])]),
  example("Unsqueeze", ["x", int64s([0, 3])]),
];
