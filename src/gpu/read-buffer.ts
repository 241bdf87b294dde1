/** Reading a buffer back. */
import type { CommandScope } from "./command-scope";

/**
 * The first `size` bytes of a buffer, a multiple of 4, after all that was submitted. The copy is submitted before this returns, so that the
 * buffer may be written again. Throws DeviceError when the device refuses or drops it, or commands of `scope` before it.
 */
export async function readBuffer(
  device: GPUDevice,
  scope: CommandScope,
  buffer: GPUBuffer,
  size: number,
): Promise<ArrayBuffer> {
  const staging = scope.run(() => {
    const copy = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
    scope.submit(encoder);
    return copy;
  });
  try {
    await Promise.all([staging.mapAsync(GPUMapMode.READ), scope.check()]);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
