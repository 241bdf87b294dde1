/**
 * Folds a batch norm or a constant factor into the weights of the convolution before it. Conditions: the convolution has no
 * activation and no other reader.
 *
 *   conv(x) -> (y - mean) / sqrt(variance + epsilon) * gamma + beta   ==>   conv'(x)
 *   conv(x) -> y * scale                                             ==>   conv'(x)
 */
import type { KerasLayer, KerasTensor, KerasTopology } from "./keras-model";

/** What is folded into each convolution, by layer names. */
export interface Folds {
  /** Convolution -> the batch norm after it. */
  readonly normOf: ReadonlyMap<string, KerasLayer>;
  /** Batch norms that are folded. */
  readonly folded: ReadonlySet<string>;
  /** Convolution -> the factor of the residual sum that reads it. */
  readonly scaleOf: ReadonlyMap<string, number>;
}

export function findFolds({ layers, outputs }: KerasTopology): Folds {
  const readers = new Map<string, number>();
  for (const layer of layers) for (const input of layer.inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const plainConv = (name: string | undefined): KerasLayer | undefined => {
    const conv = name === undefined ? undefined : byName.get(name);
    const only = conv?.className === "Conv2D" && readers.get(conv.name) === 1 && !outputs.includes(conv.name);
    return only && (conv.config["activation"] ?? "linear") === "linear" ? conv : undefined;
  };
  const normOf = new Map<string, KerasLayer>();
  const folded = new Set<string>();
  const scaleOf = new Map<string, number>();
  for (const layer of layers) {
    if (layer.className === "BatchNormalization") {
      const conv = plainConv(layer.inputs[0]);
      if (!conv) continue;
      normOf.set(conv.name, layer);
      folded.add(layer.name);
    }
    const scale = residualScale(layer);
    const conv = scale === undefined ? undefined : plainConv(layer.inputs[1]);
    if (conv && scale !== undefined) scaleOf.set(conv.name, scale);
  }
  return { normOf, folded, scaleOf };
}

/**
 * The factor s of a layer that computes inputs[0] + s * inputs[1], as Inception-ResNet-v2 writes it: Keras 3's
 * CustomScaleLayer, or Keras 2's Lambda with that argument under the block's own name. Undefined for other layers.
 */
export function residualScale(layer: KerasLayer): number | undefined {
  if (layer.inputs.length !== 2) return undefined;
  if (layer.className === "CustomScaleLayer") return Number(layer.config["scale"]);
  if (layer.className !== "Lambda" || !/^block(35|17|8)_\d+$/.test(layer.name)) return undefined;
  const scale = (layer.config["arguments"] as Record<string, unknown> | undefined)?.["scale"];
  return typeof scale === "number" ? scale : undefined;
}

/** A batch norm as y = x * scale + shift per channel, in double precision. */
export function affine(
  weights: readonly KerasTensor[],
  channels: number,
  epsilon: number,
): { scale: Float64Array; shift: Float64Array } {
  const get = (name: string): Float32Array | undefined => weights.find((tensor) => tensor.name === name)?.data;
  const mean = get("moving_mean")!;
  const variance = get("moving_variance")!;
  const scale = Float64Array.from(
    { length: channels },
    (_, c) => (get("gamma")?.[c] ?? 1) / Math.sqrt(variance[c]! + epsilon),
  );
  const shift = scale.map((s, c) => (get("beta")?.[c] ?? 0) - mean[c]! * s);
  return { scale, shift };
}

/** weight = weight * scale, bias = bias * scale + shift, per output channel, in place. */
export function scaleRows(
  weight: Float32Array,
  bias: Float32Array,
  scale: ArrayLike<number>,
  shift: ArrayLike<number>,
): void {
  const size = weight.length / bias.length;
  for (let row = 0; row < bias.length; row++) {
    for (let i = row * size; i < (row + 1) * size; i++) weight[i] = weight[i]! * scale[row]!;
    bias[row] = bias[row]! * scale[row]! + shift[row]!;
  }
}
