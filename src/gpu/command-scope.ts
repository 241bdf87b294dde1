/** What a device says of the commands it was given: nobody waits for it, and all of it is looked at before a result counts. */
import { DeviceError, type ErrorFacts } from "../base/errors";

const KINDS = ["validation", "out-of-memory", "internal"] as const;

/** What an error says besides the device's own words. */
type ScopeFacts = Pick<ErrorFacts, "where"> & Partial<Pick<ErrorFacts, "expected" | "hint">>;

/** Commands that make one result. WebGPU drops commands that it refuses: without a scope their result is whatever was there. */
export class CommandScope {
  readonly #device: GPUDevice;
  readonly #facts: ScopeFacts;
  readonly #errors: Promise<GPUError | null>[] = [];

  constructor(device: GPUDevice, facts: ScopeFacts) {
    this.#device = device;
    this.#facts = facts;
  }

  /** Runs `give`, which gives the device commands and awaits nothing: error scopes are a stack that others use, too. */
  run<T>(give: () => T): T {
    for (const kind of KINDS) this.#device.pushErrorScope(kind);
    try {
      return give();
    } finally {
      for (let i = 0; i < KINDS.length; i++) {
        const error = this.#device.popErrorScope();
        error.catch(() => undefined); // check() reports it
        this.#errors.push(error);
      }
    }
  }

  /** Throws DeviceError when the device refused any of the commands so far. Await it together with what is read. */
  async check(): Promise<void> {
    const errors = await Promise.all(this.#errors.splice(0));
    const error = errors.find((e) => e !== null);
    if (error)
      throw new DeviceError({
        expected: "commands that the device accepts",
        hint: "Use a smaller size, close other pages that use the GPU, or update the graphics driver.",
        ...this.#facts,
        received: error.message,
        cause: error,
      });
  }
}
