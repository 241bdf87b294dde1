/** Storage types of activations and weights, and conversion between Float32Array and the bytes of a GPU buffer. */
import { DeviceError, InputError } from "../base/errors";
import type { Elem } from "../kernels/kernel";
import { finish } from "../base/pacer";
import { floatFromHalf, halfFromFloat } from "../weights/numbers/half";

/**
 * auto: f16 storage where the adapter has shader-f16, else f32. f16-weights: f32 activations on every adapter; weights of
 * convolutions are stored as 8-bit integers where the model has them and the convolution does not upsample, else as
 * f16 (depthwise and transposed convolutions keep f32). Sums are f32 everywhere.
 */
export type Precision = (typeof PRECISIONS)[number];
export const PRECISIONS = ["auto", "f32", "f16", "f16-weights"] as const;

/** Throws DeviceError when f16 is requested and the device has no shader-f16, InputError for another precision. */
export function storageOf(device: GPUDevice, precision: Precision): Elem {
  if (!PRECISIONS.includes(precision))
    throw new InputError({
      where: "precision",
      expected: `how numbers are stored on the GPU: one of ${PRECISIONS.join(", ")}`,
      received: String(precision),
    });
  const half = device.features.has("shader-f16");
  if (precision === "f16" && !half)
    throw new DeviceError({
      where: "precision",
      expected: "an adapter with shader-f16",
      received: "one without",
      hint: "Use precision: 'auto', 'f32' or 'f16-weights'.",
    });
  return half && (precision === "auto" || precision === "f16") ? "f16" : "f32";
}

/** Elements that are rounded in one piece of work. */
const PIECE = 2 ** 16;

/** The elements as stored, padded to a multiple of 4 bytes (writeBuffer's unit). */
export function storedElements(values: Float32Array, elem: Elem): Uint8Array<ArrayBuffer> {
  return finish(storing(values, elem));
}

/** storedElements() in pieces of at most some milliseconds. */
export function* storing(values: Float32Array, elem: Elem): Generator<undefined, Uint8Array<ArrayBuffer>> {
  if (elem === "f32") {
    // Shared memory is copied: Node's WebGPU crashes on it.
    const { buffer, byteOffset, byteLength } = values.buffer instanceof ArrayBuffer ? values : new Float32Array(values);
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  const halves = new Uint16Array(Math.ceil(values.length / 2) * 2);
  for (let at = 0; at < values.length; at += PIECE) {
    halves.set(halfFromFloat(values.subarray(at, at + PIECE)), at);
    yield;
  }
  return new Uint8Array(halves.buffer);
}

/** The first `count` elements of a mapped buffer, copied. */
export function loadedElements(bytes: ArrayBuffer, count: number, elem: Elem): Float32Array {
  return elem === "f32" ? new Float32Array(bytes.slice(0, count * 4)) : floatFromHalf(new Uint16Array(bytes, 0, count));
}

/** The bit patterns of the first `count` elements of a buffer. */
export function wordsOf(bytes: ArrayBuffer, count: number, elem: Elem): Uint16Array | Uint32Array {
  return elem === "f16" ? new Uint16Array(bytes, 0, count) : new Uint32Array(bytes, 0, count);
}

/** A mask of the bits of a magnitude, and those of the largest number: larger magnitudes are infinite or no numbers. */
export const BITS = {
  f32: { magnitude: 0x7fffffff, largest: 0x7f7fffff },
  f16: { magnitude: 0x7fff, largest: 0x7bff },
} as const;

/** What to do about numbers that are not finite in f16. */
export const F16_HINT = "In f16, numbers past 65,504 are infinite: load with precision: 'f32'.";
