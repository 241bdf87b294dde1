/** The network's output on the CPU: small, checked, and kept so that saturation can change without another run. */
import { DeviceError } from "../errors";
import { bufferBytes } from "../graph/program";
import type { Elem } from "../kernels/kernel";
import type { WorkingSize } from "./layout";
import type { Chroma } from "./picture-stages";
import { withScratch } from "./scratch";

/**
 * Reads the network's output [1, 2, padded.height, padded.width] back. Throws DeviceError when it cannot be a
 * picture's chroma: not a number somewhere, or zero everywhere, which is what a broken driver or an overflow gives.
 */
export async function readChroma(
  device: GPUDevice,
  output: GPUBuffer,
  elem: Elem,
  working: WorkingSize,
): Promise<Chroma> {
  const { size, padded } = working;
  const count = 2 * padded.width * padded.height;
  return withScratch(device, async (scratch) => {
    const length = bufferBytes(count, elem);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = await scratch.allocate("chroma", () => scratch.buffer("chroma", length, usage));
    const encoder = device.createCommandEncoder({ label: "chroma" });
    encoder.copyBufferToBuffer(output, 0, staging, 0, length);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = new Uint8Array(staging.getMappedRange().slice(0));
    const words = elem === "f16" ? new Uint16Array(bytes.buffer, 0, count) : new Uint32Array(bytes.buffer, 0, count);
    checkChroma(words, elem);
    return { bytes, elem, size, padded, step: repeatedTwice(words, padded.width, padded.height) ? 2 : 1 };
  });
}

/** Throws DeviceError for bit patterns that cannot be chroma; see readChroma(). */
export function checkChroma(words: Uint16Array | Uint32Array, elem: Elem): void {
  const exponent = elem === "f16" ? 0x7c00 : 0x7f800000;
  const magnitude = elem === "f16" ? 0x7fff : 0x7fffffff;
  let broken = 0;
  let nonzero = 0;
  for (const word of words) {
    if ((word & exponent) === exponent) broken++;
    if ((word & magnitude) !== 0) nonzero++;
  }
  if (broken === 0 && nonzero > 0) return;
  throw new DeviceError({
    where: "colorize",
    expected: "chroma predicted by the network",
    received: broken > 0 ? `${broken} of ${words.length} values that are not finite` : "zero everywhere",
    hint: elem === "f16" ? "Try precision: 'f32'." : "Update the graphics driver, or try another browser.",
  });
}

/** Whether every sample occurs twice along both axes of both planes, as after nearest-neighbour upsampling. */
export function repeatedTwice(words: Uint16Array | Uint32Array, width: number, height: number): boolean {
  if (width % 2 !== 0 || height % 2 !== 0) return false;
  for (let row = 0; row < 2 * height; row += 2)
    for (let x = 0; x < width; x += 2) {
      const i = row * width + x;
      const word = words[i];
      if (words[i + 1] !== word || words[i + width] !== word || words[i + width + 1] !== word) return false;
    }
  return true;
}
