/** Limits what one import evaluates, so that a small file cannot ask for much memory or time. */
import type { OnnxModel, OnnxTensor } from "../../weights/onnx/types";
import { isKept, isLong } from "../constants/deferred";
import { sizeOf } from "../ir";
import { TooLarge, wordsOf, type ConstantValue } from "./values";

/** Words of 32 bits that every model may evaluate: 64 MiB. */
const BASE = 2 ** 24;

/**
 * Counts the memory of evaluated constants in words of 32 bits, at least one for each element: BASE, and one for each byte of the model's
 * tensors, which is four times their size. What is first made of a constant replaces it and costs only what it is larger, so that weights
 * may be dequantised and transposed; the second result costs as much as it reads or writes.
 */
export class Budget {
  readonly #total: number;
  #left: number;
  /** Constants that something was made of, or that stay in memory. */
  readonly #used = new WeakSet<ConstantValue>();

  constructor(model: OnnxModel) {
    this.#total = BASE + tensorBytes(model);
    this.#left = this.#total;
  }

  /** Counts a constant of `words` that will be made of `sources`. Throws TooLarge once the budget is exceeded. */
  spend(words: number, sources: readonly ConstantValue[]): void {
    let read = 0;
    let replaced = 0;
    for (const source of sources) {
      const size = sizeOf(source.shape) * wordsOf(source.dtype);
      read += size;
      if (!this.#used.has(source) && !isLong(source)) replaced += size;
      this.#used.add(source);
    }
    this.#left -= Math.max(0, Math.max(words, read) - replaced);
    if (!(this.#left >= 0))
      throw new TooLarge(
        `constants of more than ${this.#total} elements of 32 bits evaluated, the most for a model of this size`,
      );
  }

  /** Notes a constant for which spend() was called, and its copy under another name. */
  made(value: ConstantValue, copy = value): void {
    if (isKept(value) || this.#used.has(value)) this.#used.add(copy);
  }
}

/** Bytes of all tensors of the model: initializers and values of attributes. */
function tensorBytes({ initializers, nodes }: OnnxModel): number {
  let bytes = 0;
  const add = (tensor: OnnxTensor): void => void (bytes += tensor.bytes.byteLength);
  initializers.forEach(add);
  for (const { attributes } of nodes)
    for (const attribute of Object.values(attributes)) if (attribute.type === "tensor") add(attribute.value);
  return bytes;
}
