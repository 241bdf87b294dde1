/**
 * Constants that are computed when they are read. The steps between a weight's bytes in the file and its buffer on the GPU
 * (dequantising, transposing, scaling) run for one weight after another at upload, so copies of all weights never exist at once.
 */
import { finish, inParts } from "../../base/pacer";

/** How a constant's data is computed. */
interface Work<D extends object = object> {
  /** The constants that it reads. */
  sources: readonly object[];
  /** Length of the chain of such constants that ends in this one. */
  depth: number;
  /** Whether the data stays in memory once it is computed. */
  readonly kept: boolean;
  /** The data, where it is in memory. */
  known(): D | undefined;
  compute(): Generator<undefined, D>;
}

interface Deferral {
  /** All properties but `data`. */
  readonly facts: object;
  readonly work: Work;
}
const deferrals = new WeakMap<object, Deferral>();

/** Computes the data; a generator where that takes long, which yields now and then. Must be pure. Reads `data` of the sources once. */
type Make<D> = () => D | Generator<undefined, D>;

/** The longest chain: reading the last constant of one calls all of them. */
const LONGEST_CHAIN = 24;

function* made<D extends object>(make: Make<D>): Generator<undefined, D> {
  const data = make();
  return isGenerator(data) ? yield* data : data;
}

function isGenerator<D extends object>(data: D | Generator<undefined, D>): data is Generator<undefined, D> {
  return "next" in data;
}

function chainOf(sources: readonly object[]): number {
  return 1 + sources.reduce((most, source) => Math.max(most, deferrals.get(source)?.work.depth ?? 0), 0);
}

/** `facts` with a property `data` that is computed by `work` when it is read. At the end of a long chain it is computed at once. */
function withWork<T extends object, D extends object>(facts: T, work: Work<D>): T & { readonly data: D } {
  const constant = {
    ...facts,
    get data(): D {
      return work.known() ?? finish(computing(constant));
    },
  };
  deferrals.set(constant, { facts, work });
  return work.depth > LONGEST_CHAIN ? { ...facts, data: constant.data } : constant;
}

/**
 * `facts` with a property `data`, which `make` computes when it is first read, and again after its memory was reclaimed. `sources` are the
 * constants that `make` reads.
 */
export function deferred<T extends object, D extends object>(
  facts: T,
  make: Make<D>,
  ...sources: readonly object[]
): T & { readonly data: D } {
  let kept: WeakRef<D> | undefined;
  return withWork(facts, {
    sources,
    depth: chainOf(sources),
    kept: false,
    known: () => kept?.deref(),
    *compute() {
      const data = yield* made(make);
      kept = new WeakRef(data);
      return data;
    },
  });
}

/** As deferred(), but `data` is computed once and kept. */
export function evaluated<T extends object, D extends object>(
  facts: T,
  make: Make<D>,
  ...sources: readonly object[]
): T & { readonly data: D } {
  let kept: D | undefined;
  let left: Make<D> | undefined = make;
  const work: Work<D> = {
    sources,
    depth: chainOf(sources),
    kept: true,
    known: () => kept,
    *compute() {
      kept = yield* made(left!);
      // What it was computed from may go.
      [work.sources, work.depth, left] = [[], 0, undefined];
      return kept;
    },
  };
  return withWork(facts, work);
}

/** Computes a constant's data, and before it what it is computed from, as a generator that yields now and then. */
export function* computing<D extends object>(constant: { readonly data: D }): Generator<undefined, D> {
  const work = deferrals.get(constant)?.work as Work<D> | undefined;
  const known = work ? work.known() : constant.data;
  if (known !== undefined) return known;
  const sources: object[] = [];
  for (const source of work!.sources) sources.push(yield* computing(source as { readonly data: object }));
  const data = yield* work!.compute();
  sources.length = 0; // until here they had to stay in memory
  return data;
}

/** computing() for a constant whose data is kept. */
export function* settling(constant: object): Generator<undefined> {
  if (deferrals.get(constant)?.work.kept) yield* computing(constant as { readonly data: object });
}

/** A copy with other facts that shares the constant's data. */
export function withFacts<T extends object, U extends object>(
  constant: T & { readonly data: object },
  facts: U,
): T & U {
  const deferral = deferrals.get(constant);
  if (!deferral) return { ...constant, ...facts };
  const all = { ...deferral.facts, ...facts } as T & U;
  const copy = {
    ...all,
    get data() {
      return constant.data;
    },
  };
  deferrals.set(copy, { facts: all, work: deferral.work });
  return copy;
}

/** Whether the chain that ends in this constant has its full length. */
export function isLong(constant: object): boolean {
  return (deferrals.get(constant)?.work.depth ?? 0) >= LONGEST_CHAIN;
}

/** Whether reading the constant's data may compute it. */
export function isDeferred(constant: object): boolean {
  return deferrals.has(constant);
}

/** Whether the constant's data stays in memory. */
export function isKept(constant: object): boolean {
  return deferrals.get(constant)?.work.kept ?? true;
}

/** The key of a constant computed by `how` from operands; undefined where an operand has no key. */
export function derivedKey(
  how: string,
  ...operands: readonly { readonly key?: string | undefined }[]
): string | undefined {
  const keys = operands.map(({ key }) => key);
  return keys.includes(undefined) ? undefined : `${how}(${keys.join()})`;
}

/** A hash of an array's content (FNV-1a over its bits), as a generator that yields now and then. */
export function* fingerprinting(data: Float32Array | Float64Array): Generator<undefined, number> {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let hash = 0x811c9dc5;
  yield* inParts(words.length, (from, to) => {
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  });
  return hash >>> 0;
}
