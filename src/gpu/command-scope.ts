/** Collects a device's errors without waiting for them; check() awaits all of them before a result is used. */
import { DeviceError, type ErrorFacts } from "../base/errors";

const KINDS = ["validation", "out-of-memory", "internal"] as const;

/** Facts that an error adds to the device's own message. */
type ScopeFacts = Pick<ErrorFacts, "where"> & Partial<Pick<ErrorFacts, "expected" | "hint">>;

/** The commands that compute one result. WebGPU drops commands that it refuses; without a scope, old buffer contents would pass as the result. */
export class CommandScope {
  readonly #device: GPUDevice;
  readonly #facts: ScopeFacts;
  readonly #errors: Promise<GPUError | null>[] = [];

  constructor(device: GPUDevice, facts: ScopeFacts) {
    this.#device = device;
    this.#facts = facts;
  }

  /** Runs `give`, which must issue its commands synchronously: error scopes are one stack that other callers share. */
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

  /** Throws DeviceError when the device refused any of the commands so far. Await it together with the readback. */
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
