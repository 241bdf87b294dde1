/** GPU memory that lives for one piece of work and is always freed. */
import { CommandScope } from "../gpu/command-scope";

export class Scratch {
  readonly #device: GPUDevice;
  readonly #owned: (GPUBuffer | GPUTexture)[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Runs `make`, which calls buffer() and pictureTexture(). Throws DeviceError when the device is out of memory. */
  async allocate<T>(where: string, make: () => T): Promise<T> {
    const scope = new CommandScope(this.#device, {
      where,
      expected: "GPU memory for the picture",
      hint: "Use a smaller size, or close other pages that use the GPU.",
    });
    const made = scope.run(make);
    await scope.check();
    return made;
  }

  buffer(label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.#device.createBuffer({ label, size: Math.max(16, Math.ceil(size / 16) * 16), usage });
    this.#owned.push(buffer);
    return buffer;
  }

  /** An rgba8unorm texture that pictures can be copied into and kernels can read. */
  pictureTexture(label: string, width: number, height: number): GPUTexture {
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT;
    const texture = this.#device.createTexture({ label, size: [width, height], format: "rgba8unorm", usage });
    this.#owned.push(texture);
    return texture;
  }

  destroy(): void {
    for (const resource of this.#owned.splice(0)) resource.destroy();
  }
}

/** Runs `work` with scratch memory that is freed afterwards, even when it throws. */
export async function withScratch<T>(device: GPUDevice, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const scratch = new Scratch(device);
  try {
    return await work(scratch);
  } finally {
    scratch.destroy();
  }
}
