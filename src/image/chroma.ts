/** The network's output on the CPU: small, checked, and kept so that saturation can change without another run. */
import { DeviceError } from "../errors";
import { bufferBytes } from "../graph/program";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../kernels/picture/tile";
import type { WorkingSize } from "./layout";
import type { Chroma } from "./picture-stages";
import { withScratch } from "./scratch";

/** Chroma with the embedding it was predicted with, so that another size need not compute that again. */
export interface KeptChroma extends Chroma {
  readonly embedding: Uint8Array<ArrayBuffer>;
}

/** Buffers of a submitted run of the colorizer. */
export interface Prediction {
  /** [1, 2, map.height, map.width]. */
  readonly chroma: GPUBuffer;
  readonly map: Size;
  readonly embedding: GPUBuffer;
  readonly embeddingBytes: number;
}

/**
 * Reads the network's output and the embedding back. The copies are submitted before it returns, so the buffers may be
 * used again at once. Throws DeviceError when the output cannot be a picture's chroma: not a number somewhere, or zero
 * or at the end of tanh everywhere, which is what a broken driver or an overflow gives (clamping before tanh turns NaN
 * into a number).
 */
export function readChroma(
  device: GPUDevice,
  { chroma, map, embedding, embeddingBytes }: Prediction,
  elem: Elem,
  working: WorkingSize,
): Promise<KeptChroma> {
  const count = 2 * map.width * map.height;
  const length = bufferBytes(count, elem);
  return withScratch(device, async (scratch) => {
    const staging = await scratch.allocate("chroma", () => {
      const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
      const buffer = scratch.buffer("chroma", length + embeddingBytes, usage);
      const encoder = device.createCommandEncoder({ label: "chroma" });
      encoder.copyBufferToBuffer(chroma, 0, buffer, 0, length);
      encoder.copyBufferToBuffer(embedding, 0, buffer, length, embeddingBytes);
      device.queue.submit([encoder.finish()]);
      return buffer;
    });
    await staging.mapAsync(GPUMapMode.READ);
    const both = staging.getMappedRange();
    const bytes = new Uint8Array(both.slice(0, length));
    const words = elem === "f16" ? new Uint16Array(bytes.buffer, 0, count) : new Uint32Array(bytes.buffer, 0, count);
    checkChroma(words, elem);
    return { bytes, elem, ...working, map, embedding: new Uint8Array(both.slice(length)) };
  });
}

/** Bits of a storage type: exponent, magnitude without the sign, and the number 0.999. */
const BITS = {
  f32: { exponent: 0x7f800000, magnitude: 0x7fffffff, extreme: 0x3f7fbe77 },
  f16: { exponent: 0x7c00, magnitude: 0x7fff, extreme: 0x3bfe },
} as const;

/** Throws DeviceError for bit patterns that cannot be chroma; see readChroma(). */
export function checkChroma(words: Uint16Array | Uint32Array, elem: Elem): void {
  const { exponent, magnitude, extreme } = BITS[elem];
  let broken = 0;
  let zero = 0;
  let extremes = 0;
  for (const word of words) {
    const size = word & magnitude;
    if ((word & exponent) === exponent) broken++;
    else if (size === 0) zero++;
    else if (size >= extreme) extremes++;
  }
  const received =
    broken > 0
      ? `${broken} of ${words.length} values that are not finite`
      : zero === words.length
        ? "zero everywhere"
        : extremes === words.length
          ? "the largest values everywhere"
          : undefined;
  if (received === undefined) return;
  throw new DeviceError({
    where: "colorize",
    expected: "chroma predicted by the network",
    received,
    hint: elem === "f16" ? "Try precision: 'f32'." : "Update the graphics driver, or try another browser.",
  });
}
