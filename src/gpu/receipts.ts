/** Proof that a device executed what it was given: the last command of each submit clears a word of a buffer that is read back. */

/** Submits that one buffer has words for. */
const WORDS = 64;

export class Receipts {
  readonly #buffer: GPUBuffer;
  #count = 0;

  constructor(device: GPUDevice) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.#buffer = device.createBuffer({ label: "receipts", size: 4 * WORDS, usage, mappedAtCreation: true });
  }

  get full(): boolean {
    return this.#count === WORDS;
  }

  /** Records the last command of a submit. */
  sign(encoder: GPUCommandEncoder): void {
    if (this.#count === 0) {
      new Uint32Array(this.#buffer.getMappedRange()).fill(1);
      this.#buffer.unmap();
    }
    encoder.clearBuffer(this.#buffer, 4 * this.#count++, 4);
  }

  /** Resolves with how many of the signed submits were not executed, and frees the buffer. Rejects when the device is lost. */
  async missing(): Promise<number> {
    try {
      await this.#buffer.mapAsync(GPUMapMode.READ);
      const words = new Uint32Array(this.#buffer.getMappedRange(), 0, this.#count);
      return words.filter((word) => word !== 0).length;
    } finally {
      this.#buffer.destroy();
    }
  }
}
