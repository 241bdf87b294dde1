/** Code that not every model and device needs, loaded for those that do. */
import type { OnnxModel, OnnxNode } from "../weights/types";
import { OPS } from "./import/registry";

/** A grouped convolution may be a depthwise one, which has a kernel of its own. */
function isMore({ op, attributes: { group } }: OnnxNode): boolean {
  return !OPS.has(op) || (group?.type === "int" && group.value !== 1);
}

/** Makes ready what importModel() and lower() need for this model; they know everything else beforehand. */
export async function loadOps(model: OnnxModel): Promise<void> {
  if (model.nodes.some(isMore)) (await import("./more-ops")).addMoreOps();
}
