/** Devices that are lost, throw, refuse, run out of memory or never answer, at a chosen call. */

/**
 * lost: the device is lost before the call. thrown: the call throws a TypeError. rejected: the call's promise rejects. silent: it never
 * settles. out of memory: a buffer or texture does not exist.
 */
export const FAILURES = ["lost", "thrown", "rejected", "silent", "out of memory"] as const;
export type Failure = (typeof FAILURES)[number];

/** The calls that can fail in a way; all others where it is not listed. */
const CALLS: Partial<Record<Failure, readonly string[]>> = {
  rejected: ["mapAsync", "popErrorScope", "createComputePipelineAsync", "onSubmittedWorkDone"],
  "out of memory": ["createBuffer", "createTexture"],
};

export class Trouble {
  /** Calls since arm() that can fail in this way. */
  calls = 0;
  /** Calls that failed since arm(). */
  fired = 0;
  /** The name of the last call that failed. */
  failed = "";
  #failure: Failure | undefined;
  #from = Infinity;
  #to = Infinity;

  /** Calls from index `from` up to `to` fail, of those that can fail in this way; counted over all devices. */
  arm(failure?: Failure, from = Infinity, to = from + 1): void {
    [this.#failure, this.#from, this.#to, this.calls, this.fired] = [failure, from, to, 0, 0];
  }

  /** The device, with calls that may fail. */
  on(device: GPUDevice): GPUDevice {
    const scopes = new Scopes(device);
    this.#watch(device, device, ["createBuffer", "createBindGroup", "createCommandEncoder", "createTexture"], scopes);
    this.#watch(device, device, ["createShaderModule", "createComputePipelineAsync", "popErrorScope"], scopes);
    this.#watch(device, device.queue, ["submit", "writeBuffer", "writeTexture", "onSubmittedWorkDone"], scopes);
    const { createBuffer } = device;
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      this.#watch(device, buffer, ["mapAsync", "getMappedRange"], scopes);
      return buffer;
    };
    return device;
  }

  #watch(device: GPUDevice, target: object, names: readonly string[], scopes: Scopes): void {
    const methods = target as Record<string, (...args: unknown[]) => unknown>;
    for (const name of names) {
      const original = methods[name]!.bind(target);
      methods[name] = (...args) => {
        const failure = this.#failure;
        if (failure && CALLS[failure]?.includes(name) === false) return original(...args);
        const call = this.calls++;
        if (call < this.#from || call >= this.#to) return original(...args);
        this.fired++;
        this.failed = name;
        if (failure === "thrown") throw new TypeError(`${name} failed`);
        if (failure === "rejected") return Promise.reject(new DOMException(`${name} failed`, "OperationError"));
        if (failure === "out of memory") return scopes.withoutMemory(name === "createBuffer" ? "buffer" : "texture");
        if (failure === "lost") device.destroy();
        const result = original(...args);
        return failure === "silent" && result instanceof Promise ? new Promise(() => undefined) : result;
      };
    }
  }
}

/** The device's error scopes, to which an error of memory can be added. */
class Scopes {
  readonly #open: { readonly filter: GPUErrorFilter; full: boolean }[] = [];
  readonly #device: GPUDevice;

  constructor(device: GPUDevice) {
    this.#device = device;
    const push = device.pushErrorScope.bind(device);
    const pop = device.popErrorScope.bind(device);
    device.pushErrorScope = (filter) => {
      this.#open.push({ filter, full: false });
      return push(filter);
    };
    device.popErrorScope = async () => {
      const scope = this.#open.pop();
      const error = await pop();
      return scope?.full ? new GPUOutOfMemoryError("not enough memory left") : error;
    };
  }

  /** A buffer or texture as the device makes it when its memory is full: invalid, with an error for the innermost scope. */
  withoutMemory(kind: "buffer" | "texture"): GPUBuffer | GPUTexture {
    const device = this.#device;
    device.pushErrorScope("validation");
    const made =
      kind === "buffer"
        ? device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE })
        : device.createTexture({ size: [0, 0], format: "rgba8unorm", usage: GPUTextureUsage.COPY_DST });
    void device.popErrorScope();
    const scope = this.#open.findLast(({ filter }) => filter === "out-of-memory");
    if (scope) scope.full = true;
    return made;
  }
}
