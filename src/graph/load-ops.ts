/** Code that not every model and device needs, loaded for those that do. */
import { packagePart } from "../weights/package-part";
import type { OnnxModel, OnnxNode } from "../weights/types";
import { elementwiseOps } from "./import/ops/elementwise";
import { repeatsPixels } from "./import/ops/repeat-pixels";
import { OPS } from "./import/registry";
import type { Graph, Node } from "./ir";

/** Ops that give a constant for constants without computing with its elements. */
const MOVES = ["Concat", "DequantizeLinear", "Expand", "Flatten", "Identity", "Slice", "Transpose", "Unsqueeze"];

/** Whether the node itself is none of those that shipped models have. */
function isRare(node: OnnxNode): boolean {
  const { op, attributes } = node;
  const is = (name: string, usual: number): boolean => {
    const given = attributes[name];
    return !given || ("value" in given && given.value === usual);
  };
  // A grouped convolution may be a depthwise one, which has a kernel of its own; the others are factors of a Gemm.
  const usual = is("group", 1) && is("alpha", 1) && is("beta", 1);
  return !OPS.has(op) || !usual || (op === "Resize" && !repeatsPixels(node));
}

/** Whether the model has rare nodes, or computes with its weights. */
function needsMore({ nodes, initializers }: OnnxModel): boolean {
  const constants = new Set(["", ...initializers.keys()]);
  return nodes.some((node) => {
    const { op, inputs, outputs } = node;
    const known = inputs.filter((name) => constants.has(name)).length;
    if (op === "Shape" || (MOVES.includes(op) && known === inputs.length)) {
      for (const name of outputs) constants.add(name);
      return false;
    }
    return isRare(node) || known === inputs.length || (op in elementwiseOps && known > 0);
  });
}

async function loadMore(): Promise<void> {
  (await packagePart(import("./more-ops"))).addMoreOps();
}

/**
 * Makes ready what importModel() and optimize() need for this model, and lower() but for loadKernels().
 *
 * @param all Make everything ready: the model's shapes are not known yet, or inputs become constants.
 */
export async function loadOps(model: OnnxModel, all = false): Promise<void> {
  if (all || needsMore(model)) await loadMore();
}

/** Makes ready what lower() needs for this graph: in shipped models, sums and enlargements are parts of convolutions. */
export async function loadKernels({ nodes, outputs, constants }: Graph): Promise<void> {
  const made = new Map(nodes.map((node) => [node.output, node.op]));
  const values = outputs.map(({ value }) => value);
  // An output that is not a node's own is copied: an input, a constant, another view of these, or one promised twice.
  const copies = values.some((value, i) => (made.get(value) ?? "reshape") === "reshape" || values.indexOf(value) !== i);
  const rare = ({ op, inputs }: Node): boolean =>
    op === "binary" || op === "resize" || op === "unary" || (op === "reshape" && constants.has(inputs[0]!));
  if (copies || nodes.some(rare)) await loadMore();
}
