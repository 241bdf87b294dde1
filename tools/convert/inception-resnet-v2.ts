/**
 * The topology of Inception-ResNet-v2 (Szegedy et al. 2016) as in Keras, for files that contain only weights. Keras numbers
 * unnamed convolutions in the order of their creation, and this file creates them in the same order: the n-th smallest
 * number in a file belongs to the n-th unnamed convolution here.
 */
import { ModelError } from "../../src/base/errors";
import type { KerasLayer, KerasTopology } from "./keras-model";

export const CLASSES = 1000;
/** Number of weights by Keras's count: convolutions, three vectors of each batch norm, the classifier. */
export const PARAMETERS = 55_873_736;

type Size = number | readonly [number, number];

/** Number of convolutions without a name. */
export const UNNAMED = 203;

/** Appends layers in the order of Keras; each method returns the name of its last layer. */
class LayerList {
  readonly layers: KerasLayer[] = [];
  #unnamed = 0;

  readonly #convs: readonly string[];
  readonly #norms: readonly string[];

  /** `convs` and `norms`: the names of unnamed layers in the file, in order of creation. */
  constructor(convs: readonly string[], norms: readonly string[]) {
    this.#convs = convs;
    this.#norms = norms;
  }

  layer(className: string, name: string, inputs: readonly string[], config: Record<string, unknown> = {}): string {
    this.layers.push({ className, name, config, inputs, group: name });
    return name;
  }

  /** Convolution without bias, batch norm, ReLU. */
  conv(
    x: string,
    filters: number,
    size: Size,
    options: { strides?: number; valid?: boolean; name?: string } = {},
  ): string {
    const { strides = 1, valid = false, name } = options;
    const index = name === undefined ? this.#unnamed++ : -1;
    const conv = name ?? this.#convs[index]!;
    const padding = valid ? "valid" : "same";
    this.layer("Conv2D", conv, [x], { filters, kernel_size: size, strides, padding });
    const norm = this.layer("BatchNormalization", name ? `${name}_bn` : this.#norms[index]!, [conv], { epsilon: 1e-3 });
    return this.layer("Activation", `${conv}_relu`, [norm], { activation: "relu" });
  }

  chain(x: string, ...steps: readonly (readonly [filters: number, size: Size])[]): string {
    return steps.reduce((input, [filters, size]) => this.conv(input, filters, size), x);
  }

  join(name: string, ...parts: readonly string[]): string {
    return this.layer("Concatenate", name, parts, { axis: 3 });
  }

  maxPool(x: string, name: string): string {
    return this.layer("MaxPooling2D", name, [x], { pool_size: 3, strides: 2 });
  }

  /** relu(x + scale * conv1x1(branches)); the network's last block has no ReLU. */
  residual(
    x: string,
    block: string,
    scale: number,
    branches: readonly string[],
    filters: number,
    last = false,
  ): string {
    const mixed = this.join(`${block}_mixed`, ...branches);
    const up = this.layer("Conv2D", `${block}_conv`, [mixed], { filters, kernel_size: 1 });
    const sum = this.layer("CustomScaleLayer", block, [x, up], { scale });
    return last ? sum : this.layer("Activation", `${block}_ac`, [sum], { activation: "relu" });
  }
}

/** The topology for a file whose layers with weights are `layerNames`, in any order. Throws ModelError for another network. */
export function inceptionResNetV2(layerNames: readonly string[], where: string): KerasTopology {
  const list = new LayerList(numbered(layerNames, "conv2d", where), numbered(layerNames, "batch_normalization", where));
  const required = ["conv_7b", "conv_7b_bn", "predictions", "block35_1_conv", "block8_10_conv"];
  const missing = required.find((name) => !layerNames.includes(name));
  if (missing !== undefined)
    throw notThis(where, `the layer "${missing}"`, "none of this name", missing === "predictions");
  let x = stem(list);
  x = mixed5b(list, x);
  for (let i = 1; i <= 10; i++) {
    const branches = [
      list.chain(x, [32, 1]),
      list.chain(x, [32, 1], [32, 3]),
      list.chain(x, [32, 1], [48, 3], [64, 3]),
    ];
    x = list.residual(x, `block35_${i}`, 0.17, branches, 320);
  }
  x = mixed6a(list, x);
  for (let i = 1; i <= 20; i++) {
    const branches = [list.chain(x, [192, 1]), list.chain(x, [128, 1], [160, [1, 7]], [192, [7, 1]])];
    x = list.residual(x, `block17_${i}`, 0.1, branches, 1088);
  }
  x = mixed7a(list, x);
  for (let i = 1; i <= 10; i++) {
    const branches = [list.chain(x, [192, 1]), list.chain(x, [192, 1], [224, [1, 3]], [256, [3, 1]])];
    x = list.residual(x, `block8_${i}`, i < 10 ? 0.2 : 1, branches, 2080, i === 10);
  }
  x = list.conv(x, 1536, 1, { name: "conv_7b" });
  x = list.layer("GlobalAveragePooling2D", "avg_pool", [x]);
  x = list.layer("Dense", "predictions", [x], { units: CLASSES, activation: "softmax" });
  return { layers: list.layers, outputs: [x] };
}

function stem(list: LayerList): string {
  let x = list.layer("InputLayer", "input_1", [], { batch_input_shape: [null, 299, 299, 3] });
  x = list.conv(x, 32, 3, { strides: 2, valid: true });
  x = list.conv(x, 32, 3, { valid: true });
  x = list.maxPool(list.conv(x, 64, 3), "stem_pool_1");
  x = list.conv(x, 80, 1, { valid: true });
  return list.maxPool(list.conv(x, 192, 3, { valid: true }), "stem_pool_2");
}

function mixed5b(list: LayerList, x: string): string {
  const branches = [list.chain(x, [96, 1]), list.chain(x, [48, 1], [64, 5]), list.chain(x, [64, 1], [96, 3], [96, 3])];
  const pooled = list.layer("AveragePooling2D", "mixed_5b_pool", [x], { pool_size: 3, strides: 1, padding: "same" });
  return list.join("mixed_5b", ...branches, list.conv(pooled, 64, 1));
}

const HALF = { strides: 2, valid: true };

function mixed6a(list: LayerList, x: string): string {
  const first = list.conv(x, 384, 3, HALF);
  const second = list.conv(list.chain(x, [256, 1], [256, 3]), 384, 3, HALF);
  return list.join("mixed_6a", first, second, list.maxPool(x, "mixed_6a_pool"));
}

function mixed7a(list: LayerList, x: string): string {
  const first = list.conv(list.chain(x, [256, 1]), 384, 3, HALF);
  const second = list.conv(list.chain(x, [256, 1]), 288, 3, HALF);
  const third = list.conv(list.chain(x, [256, 1], [288, 3]), 320, 3, HALF);
  return list.join("mixed_7a", first, second, third, list.maxPool(x, "mixed_7a_pool"));
}

/** "conv2d", "conv2d_1", ... sorted by number. The first number is not always 0: Keras counts over all models of a session. */
function numbered(layerNames: readonly string[], prefix: string, where: string): string[] {
  const pattern = new RegExp(`^${prefix}(?:_(\\d+))?$`);
  const found = layerNames.flatMap((name) => {
    const match = pattern.exec(name);
    return match ? [{ name, number: Number(match[1] ?? 0) }] : [];
  });
  if (found.length !== UNNAMED)
    throw notThis(where, `${UNNAMED} layers named ${prefix}_1, ${prefix}_2, ...`, `${found.length}`, false);
  return found.sort((a, b) => a.number - b.number).map(({ name }) => name);
}

function notThis(where: string, expected: string, received: string, headless: boolean): ModelError {
  return new ModelError({
    where,
    expected,
    received,
    hint: headless
      ? "This is the file without the classifier (notop). The embedding is the classifier's scores: use the file with it."
      : "For files without a topology, only Inception-ResNet-v2 of keras.applications is supported.",
  });
}
