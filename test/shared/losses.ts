/** Devices that are lost, throw, refuse, run out of memory or never answer, at a chosen call. */

import { deviceOf } from "../../src/gpu/device";

/**
 * lost: the device is lost before the call. thrown: the call throws a TypeError. rejected: the call's promise rejects. silent: it never
 * settles. out of memory: a buffer or texture does not exist.
 */
export const FAILURES = ["lost", "thrown", "rejected", "silent", "out of memory"] as const;
export type Failure = (typeof FAILURES)[number];

/** Calls that give a promise. */
const ASYNCHRONOUS = [
  "requestDevice",
  "mapAsync",
  "popErrorScope",
  "createComputePipelineAsync",
  "onSubmittedWorkDone",
  "getCompilationInfo",
];

/** The calls that can fail in a way; all others where it is not listed. */
const CALLS: Partial<Record<Failure, readonly string[]>> = {
  rejected: ASYNCHRONOUS,
  silent: ASYNCHRONOUS,
  "out of memory": ["createBuffer", "createTexture"],
};

/** The calls of each kind of object that may fail; what they return is watched where it is listed, too. */
const WATCHED = {
  device: [
    "createBuffer",
    "createBindGroup",
    "createBindGroupLayout",
    "createPipelineLayout",
    "createCommandEncoder",
    "createTexture",
    "createQuerySet",
    "createShaderModule",
    "createComputePipelineAsync",
    "pushErrorScope",
    "popErrorScope",
  ],
  queue: ["submit", "writeBuffer", "writeTexture", "copyExternalImageToTexture", "onSubmittedWorkDone"],
  createBuffer: ["mapAsync", "getMappedRange", "unmap"],
  createTexture: ["createView"],
  createShaderModule: ["getCompilationInfo"],
  createCommandEncoder: [
    "beginComputePass",
    "copyBufferToBuffer",
    "copyBufferToTexture",
    "copyTextureToBuffer",
    "clearBuffer",
    "resolveQuerySet",
    "finish",
  ],
  beginComputePass: ["setPipeline", "setBindGroup", "dispatchWorkgroups", "end"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export class Trouble {
  /** Names of the calls since arm() that can fail in this way. */
  names: string[] = [];
  /** Calls that failed since arm(). */
  fired = 0;
  /** The name of the last call that failed. */
  failed = "";
  #failure: Failure | undefined;
  #from = Infinity;
  #to = Infinity;

  /** Calls from index `from` up to `to` fail, of those that can fail in this way; counted over all devices. */
  arm(failure?: Failure, from = Infinity, to = from + 1): void {
    [this.#failure, this.#from, this.#to, this.names, this.fired] = [failure, from, to, [], 0];
  }

  /** Calls since arm() that can fail in this way. */
  get calls(): number {
    return this.names.length;
  }

  /** For each name among the calls since arm(), the first and the last call, in order. */
  get sample(): number[] {
    const { names } = this;
    return [...names.keys()].filter((i) => names.indexOf(names[i]!) === i || names.lastIndexOf(names[i]!) === i);
  }

  /** A device as the engine requests one of an adapter, which gives that of `make`: the request may fail, and calls of the device. */
  async request(make: () => Promise<GPUDevice>): Promise<GPUDevice> {
    const adapter = { limits: {}, features: new Set(), requestDevice: make };
    this.#watch(undefined, adapter, ["requestDevice"]);
    return this.on(await deviceOf(adapter as unknown as GPUAdapter));
  }

  /** The device, with calls that may fail. */
  on(device: GPUDevice): GPUDevice {
    const scopes = new Scopes(device);
    this.#watch(device, device, WATCHED.device, scopes);
    this.#watch(device, device.queue, WATCHED.queue, scopes);
    return device;
  }

  #watch(device: GPUDevice | undefined, target: object, names: readonly string[], scopes?: Scopes): void {
    const methods = target as Record<string, ((...args: unknown[]) => unknown) | undefined>;
    for (const name of names) {
      const original = methods[name]?.bind(target);
      if (!original) continue; // Node has no pictures to copy
      methods[name] = (...args) => {
        const result = this.#call(name, () => original(...args), device, scopes);
        const watched = (WATCHED as Readonly<Record<string, readonly string[]>>)[name];
        if (watched) this.#watch(device, result as object, watched, scopes);
        return result;
      };
    }
  }

  #call(name: string, original: () => unknown, device: GPUDevice | undefined, scopes: Scopes | undefined): unknown {
    const failure = this.#failure;
    if (failure && CALLS[failure]?.includes(name) === false) return original();
    const call = this.names.push(name) - 1;
    if (call < this.#from || call >= this.#to) return original();
    this.fired++;
    this.failed = name;
    if (failure === "thrown") throw new TypeError(`${name} failed`);
    if (failure === "rejected") return Promise.reject(new DOMException(`${name} failed`, "OperationError"));
    if (failure === "out of memory") return scopes?.withoutMemory(name === "createBuffer" ? "buffer" : "texture");
    if (failure === "lost") device?.destroy();
    const result = original();
    if (failure === "lost" && name === "requestDevice")
      void (result as Promise<GPUDevice>).then((made) => made.destroy());
    return failure === "silent" && result instanceof Promise ? new Promise(() => undefined) : result;
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
