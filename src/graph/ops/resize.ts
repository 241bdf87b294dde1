/** Resizing of images. */
import { resize2d, type CoordinateMode, type NearestMode } from "../../kernels/resize2d";
import { sizeOf, type NodeFor, type Pair, type Shape } from "../ir";
import type { OpDefinition } from "../op";
import { expectRank, spatialSizes } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x [N,H,W,C]; spatial axes only. `scales` as ONNX uses them in the coordinate formula. */
    resize: { mode: "nearest" | "linear"; coordinates: CoordinateMode; nearest: NearestMode; scales: Pair };
  }
}

export const resize: OpDefinition<"resize"> = {
  arity: [1, 1],
  kernels: { resize2d },
  shape(node, [x]) {
    expectRank(node, x, 4, "x");
    return [x[0]!, node.shape[1]!, node.shape[2]!, x[3]!];
  },
  flops: ({ shape, attributes }) => (attributes.mode === "linear" ? 8 * sizeOf(shape) : 0),
  lower(b, node) {
    const [src = ""] = node.inputs;
    const { inChannels: channels, outChannels: _, ...sizes } = spatialSizes(b.shape(src), node.shape);
    b.step(node, "resize2d", resize2d.plan({ ...sizes, channels, ...node.attributes, elem: b.elem }), { src });
  },
};

/**
 * The factors [along height, along width] by which `node` repeats the pixels of its input (of shape `from`):
 * out[i] = x[floor(i / n)]. Undefined when the node is any other resize.
 */
export function repeatsOf(node: NodeFor<"resize">, from: Shape): Pair | undefined {
  const { mode, coordinates, nearest, scales } = node.attributes;
  const whole = scales.every((n, i) => Number.isInteger(n) && node.shape[i + 1] === n * from[i + 1]!);
  // Half-pixel positions are less than half a pixel from the repeated pixel, so rounding never meets a tie.
  const centred = coordinates.endsWith("half_pixel") && nearest.startsWith("round");
  const first = coordinates === "asymmetric" && nearest === "floor";
  return mode === "nearest" && whole && (first || centred) ? scales : undefined;
}
