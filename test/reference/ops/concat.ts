import type { NodeFor } from "../../../src/graph/ir";
import { example, int64s, type OnnxExample } from "../onnx-example";
import type { Reference } from "../reference";
import { fill, flatOf, type Tensor } from "../tensor";

function concat(node: NodeFor<"concat">, parts: readonly Tensor[]): Tensor {
  const { axis } = node.attributes;
  return fill(node.shape, (index) => {
    const inside = [...index];
    for (const part of parts) {
      if (inside[axis]! < part!.shape[axis]!) return part!.data[flatOf(inside, part!.shape)]!;
      inside[axis] = inside[axis]! - part!.shape[axis]!;
    }
    throw new Error(`${node.output}: the parts do not fill [${node.shape}]`);
  });
}

export const reference: Reference<"concat"> = { op: "concat", compute: concat };

export const onnx: readonly OnnxExample[] = [
  example("Concat", ["x", "positive"], { axis: 1 }),
  example("Tile", ["x", int64s([1, 2, 1, 3])]),
];
