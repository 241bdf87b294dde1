/** Collects a device's errors without waiting for them; check() awaits all of them before a result is used. */
import { DeviceError, type ErrorFacts } from "../base/errors";
import { Receipts } from "./receipts";

const KINDS = ["validation", "out-of-memory", "internal"] as const;

/** Facts that an error adds to the device's own message. */
type ScopeFacts = Pick<ErrorFacts, "where"> & Partial<Pick<ErrorFacts, "expected" | "hint">>;

/**
 * The commands that compute one result. WebGPU drops commands that it refuses, and a broken driver may drop a submit without a word;
 * without a scope, old buffer contents would pass as the result.
 */
export class CommandScope {
  readonly #device: GPUDevice;
  readonly #facts: ScopeFacts;
  readonly #errors: Promise<GPUError | null>[] = [];
  /** Of the submits of the current run(). */
  readonly #receipts: Receipts[] = [];
  /** For the submits since the last check(): how many were not executed. */
  readonly #missing: Promise<number>[] = [];

  constructor(device: GPUDevice, facts: ScopeFacts) {
    this.#device = device;
    this.#facts = facts;
  }

  /** Runs `give`, which must issue its commands synchronously: error scopes are one stack that other callers share. */
  run<T>(give: () => T): T {
    let open = 0;
    try {
      for (; open < KINDS.length; open++) this.#device.pushErrorScope(KINDS[open]!);
      return give();
    } finally {
      for (const receipts of this.#receipts.splice(0)) {
        const missing = receipts.missing();
        missing.catch(() => undefined); // check() reports it
        this.#missing.push(missing);
      }
      for (; open > 0; open--) {
        // What a call throws is reported like what its promise rejects with, and the other scopes are closed.
        const error = (async () => this.#device.popErrorScope())();
        error.catch(() => undefined); // check() reports it
        this.#errors.push(error);
      }
    }
  }

  /** Submits what was recorded. Call it in run(). */
  submit(encoder: GPUCommandEncoder): void {
    if (this.#receipts.at(-1)?.full !== false) this.#receipts.push(new Receipts(this.#device));
    this.#receipts.at(-1)!.sign(encoder);
    this.#device.queue.submit([encoder.finish()]);
  }

  /** Throws DeviceError when the device refused or dropped any of the commands so far. Await it together with the readback. */
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
    const missing = (await Promise.all(this.#missing.splice(0))).reduce((sum, n) => sum + n, 0);
    if (missing > 0)
      throw new DeviceError({
        where: this.#facts.where,
        expected: "that the device executes all commands",
        received: `${missing} ${missing === 1 ? "submit" : "submits"} without effect`,
        hint: "Update the graphics driver, or try another browser.",
      });
  }
}
