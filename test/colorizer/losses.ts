/** Devices that are lost, throw or never answer, at a chosen call. */

/** lost: the device is lost before the call. thrown: the call throws a TypeError. silent: the call's promise never settles. */
export type Failure = "lost" | "thrown" | "silent";

export class Trouble {
  /** Calls since arm(). */
  calls = 0;
  fired = 0;
  #failure: Failure | undefined;
  #from = Infinity;
  #to = Infinity;

  /** Calls from index `from` up to `to` fail; counted over all devices. */
  arm(failure?: Failure, from = Infinity, to = from + 1): void {
    [this.#failure, this.#from, this.#to, this.calls, this.fired] = [failure, from, to, 0, 0];
  }

  /** The device, with calls that may fail. */
  on(device: GPUDevice): GPUDevice {
    this.#watch(device, device, ["createBuffer", "createBindGroup", "createCommandEncoder", "createTexture"]);
    this.#watch(device, device, ["createShaderModule", "createComputePipelineAsync", "popErrorScope"]);
    this.#watch(device, device.queue, ["submit", "writeBuffer", "writeTexture", "onSubmittedWorkDone"]);
    const { createBuffer } = device;
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      this.#watch(device, buffer, ["mapAsync", "getMappedRange"]);
      return buffer;
    };
    return device;
  }

  #watch(device: GPUDevice, target: object, names: readonly string[]): void {
    const methods = target as Record<string, (...args: unknown[]) => unknown>;
    for (const name of names) {
      const original = methods[name]!.bind(target);
      methods[name] = (...args) => {
        const call = this.calls++;
        if (call < this.#from || call >= this.#to) return original(...args);
        this.fired++;
        if (this.#failure === "thrown") throw new TypeError(`${name} failed`);
        if (this.#failure === "lost") device.destroy();
        const result = original(...args);
        return this.#failure === "silent" && result instanceof Promise ? new Promise(() => undefined) : result;
      };
    }
  }
}
