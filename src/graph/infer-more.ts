/** inferShape() for the ops of more-ops.ts. */
import { expectRank, expectShape, fail, show, type MoreOp } from "./infer";
import type { NodeFor, Shape } from "./ir";

function inferConvTranspose(node: NodeFor<"convTranspose">, inputs: readonly Shape[]): Shape {
  const [x, weights, bias] = inputs as [Shape, Shape, Shape];
  expectRank(node, x, 4, "x");
  expectRank(node, weights, 4, "weights");
  if (weights[3] !== x[3]) fail(node, `weights [KH,KW,OC/groups,${x[3]}]`, show(weights));
  const oc = weights[2]! * node.attributes.groups;
  expectShape(node, bias, [oc], "bias");
  return [x[0]!, node.shape[1]!, node.shape[2]!, oc];
}

function inferBlocks(node: NodeFor<"depthToSpace"> | NodeFor<"spaceToDepth">, x: Shape): Shape {
  expectRank(node, x, 4, "x");
  const { block } = node.attributes;
  const [n, h, w, c] = x as [number, number, number, number];
  if (node.op === "depthToSpace") return [n, h * block, w * block, c / (block * block)];
  return [n, h / block, w / block, c * block * block];
}

function inferNorm(node: NodeFor<"instanceNorm"> | NodeFor<"layerNorm">, inputs: readonly Shape[]): Shape {
  const x = inputs[0]!;
  if (node.op === "instanceNorm") expectRank(node, x, 4, "x");
  const expected = node.op === "instanceNorm" ? [x[3]!] : x.slice(node.attributes.axis);
  inputs.slice(1).forEach((shape) => expectShape(node, shape, expected, "scale and bias"));
  return x;
}

/** Throws GraphError when the inputs do not fit. */
export function inferMore(node: MoreOp, inputs: readonly Shape[]): Shape {
  const x = inputs[0]!;
  switch (node.op) {
    case "convTranspose":
      return inferConvTranspose(node, inputs);
    case "softmax":
      return x;
    case "pad":
      return x.map((n, i) => n + node.attributes.before[i]! + node.attributes.after[i]!);
    case "gather":
      return x.map((n, i) => (i === node.attributes.axis ? node.attributes.indices.length : n));
    case "depthToSpace":
    case "spaceToDepth":
      return inferBlocks(node, x);
    case "instanceNorm":
    case "layerNorm":
      return inferNorm(node, inputs);
    default:
      return node satisfies never;
  }
}
