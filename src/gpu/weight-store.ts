/** Constants on the GPU: packed, converted to the storage type, shared between the programs of a session. */
import type { CommandScope } from "./command-scope";
import { DeviceError } from "../base/errors";
import { packingOf } from "../kernels/packing";
import { isInt8, packedElem, packingInt8 } from "../kernels/packing-int8";
import type { Elem, Packing } from "../kernels/kernel";
import type { Pacer } from "../base/pacer";
import { computing, fingerprinting } from "../graph/constants/deferred";
import type { Constant } from "../graph/ir";
import { alignedWeightBytes, weightBytes } from "../graph/lower/program";
import { storing } from "./storage";

/** Weights are gathered in buffers of at most this size; a larger weight has its own. */
const CHUNK_BYTES = 64 * 2 ** 20;

/** A bound range of a buffer. */
type WeightRange = Required<GPUBufferBinding>;

/** One constant in one layout. */
interface WeightRequest {
  readonly name: string;
  readonly content: Pick<Constant, "data" | "key" | "int8">;
  readonly packing: Packing;
}

/** A request with what tells its bytes on the GPU apart from those of other requests. */
interface KeyedRequest {
  readonly request: WeightRequest;
  readonly key: string;
}

interface Pending extends KeyedRequest {
  readonly size: number;
}

/** Buffer ranges reserved for weights; fill() writes those that are new. */
interface ReservedWeights {
  readonly ranges: readonly WeightRange[];
  /** New buffers among those of `ranges`. */
  readonly made: readonly GPUBuffer[];
  /** Packs and uploads the weights that are not on the GPU yet, in short stretches. No program may run before it ends. */
  fill(pacer: Pacer, scope: CommandScope): Promise<void>;
}

/** Owns the weight buffers of one session. */
export class WeightStore {
  readonly #device: GPUDevice;
  readonly #elem: Elem;
  readonly #ranges = new Map<string, WeightRange>();
  readonly #buffers: GPUBuffer[] = [];
  #bytes = 0;

  constructor(device: GPUDevice, elem: Elem) {
    this.#device = device;
    this.#elem = elem;
  }

  /** Bytes of all buffers of this store. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The ranges of these constants; new ones are allocated in the buffers `made`. fill() must end before the next reserve(). */
  reserve(requests: readonly KeyedRequest[]): ReservedWeights {
    const before = this.#buffers.length;
    const pending = new Map<string, Pending>();
    requests.forEach(({ request, key }) => {
      if (this.#ranges.has(key) || pending.has(key)) return;
      const size = weightBytes(request.packing, this.#elem);
      this.#checkLimit(request.name, size);
      pending.set(key, { request, key, size });
    });
    for (const chunk of chunks([...pending.values()])) this.#allocate(chunk);
    return {
      ranges: requests.map(({ key }) => this.#ranges.get(key)!),
      made: this.#buffers.slice(before),
      fill: async (pacer, scope) => {
        for (const { request, key } of pending.values()) {
          const { buffer, offset } = this.#ranges.get(key)!;
          const { packing, content } = request;
          const source = isInt8(packing) ? content.int8! : content;
          const data = await pacer.finish(computing<Float32Array | Int8Array>(source));
          const packed = isInt8(packing)
            ? await pacer.finish(packingInt8(packing, { scales: content.int8!.scales, data: data as Int8Array }))
            : await pacer.finish(
                storing(await pacer.finish(packingOf(packing, data as Float32Array)), packedElem(packing, this.#elem)),
              );
          scope.run(() => this.#device.queue.writeBuffer(buffer, offset, packed));
        }
      },
    };
  }

  #checkLimit(name: string, size: number): void {
    const limit = Math.min(this.#device.limits.maxStorageBufferBindingSize, this.#device.limits.maxBufferSize);
    if (size > limit)
      throw new DeviceError({
        where: `weight ${name}`,
        expected: `at most ${limit} bytes (maxStorageBufferBindingSize)`,
        received: `${size}`,
        hint: "Use an adapter with larger limits, or precision: 'f16' or 'f16-weights'.",
      });
  }

  /** One buffer for a chunk of weights. */
  #allocate(chunk: readonly Pending[]): void {
    const size = chunk.reduce((sum, { size }) => sum + alignedWeightBytes(size), 0);
    const buffer = this.#device.createBuffer({
      label: "weights",
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    this.#buffers.push(buffer);
    this.#bytes += size;
    let offset = 0;
    for (const { key, size } of chunk) {
      this.#ranges.set(key, { buffer, offset, size });
      offset += alignedWeightBytes(size);
    }
  }

  /** Frees the buffers of one reserve() that the device refused or that were not filled. */
  discard(buffers: readonly GPUBuffer[]): void {
    for (const buffer of buffers) {
      this.#buffers.splice(this.#buffers.indexOf(buffer), 1);
      this.#bytes -= buffer.size;
      buffer.destroy();
    }
    for (const [key, { buffer }] of this.#ranges) if (buffers.includes(buffer)) this.#ranges.delete(key);
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.length = 0;
    this.#ranges.clear();
    this.#bytes = 0;
  }
}

/** Gives each request its key, for reserve(). Reads the content of constants that have no key; yields now and then. */
export function* keyed(requests: readonly WeightRequest[]): Generator<undefined, KeyedRequest[]> {
  const result: KeyedRequest[] = [];
  for (const request of requests) {
    const { name, content, packing } = request;
    const identity = content.key ?? (yield* fingerprinting(yield* computing(content)));
    result.push({ request, key: `${name} ${identity} ${JSON.stringify(packing)}` });
  }
  return result;
}

/** Groups weights into chunks of at most CHUNK_BYTES, or one larger weight alone, in their order. */
function chunks(pending: readonly Pending[]): Pending[][] {
  const result: Pending[][] = [];
  let room = 0;
  for (const item of pending) {
    const bytes = alignedWeightBytes(item.size);
    if (bytes > room) {
      result.push([]);
      room = CHUNK_BYTES;
    }
    result.at(-1)!.push(item);
    room -= bytes;
  }
  return result;
}
