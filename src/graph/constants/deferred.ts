/**
 * Constants that are computed when they are read. The steps between a weight's bytes in the file and its buffer on the GPU
 * (dequantising, transposing, scaling) run for one weight after another at upload, so copies of all weights never exist at once.
 */
interface Facts {
  /** All properties but `data`. */
  readonly facts: object;
  readonly sources: readonly object[];
  /** Length of the chain of deferred constants that ends in this one. */
  readonly depth: number;
}
const known = new WeakMap<object, Facts>();

/** The longest chain: reading the last constant of one calls all of them. */
const LONGEST_CHAIN = 24;

/**
 * `facts` with a property `data`, which `make` computes when it is first read, and again after its memory was reclaimed.
 * `make` must be pure. In loops, read `data` once. `sources` are the constants that `make` reads. At the end of a chain that
 * isLong(), `data` is computed at once instead.
 */
export function deferred<T extends object, D extends object>(
  facts: T,
  make: () => D,
  ...sources: readonly object[]
): T & { readonly data: D } {
  const depth = 1 + sources.reduce((most, source) => Math.max(most, known.get(source)?.depth ?? 0), 0);
  if (depth > LONGEST_CHAIN) return { ...facts, data: make() };
  let kept: WeakRef<D> | undefined;
  const constant = {
    ...facts,
    get data(): D {
      let data = kept?.deref();
      if (data === undefined) kept = new WeakRef((data = make()));
      return data;
    },
  };
  known.set(constant, { facts, sources, depth });
  return constant;
}

/** A copy with other facts that shares the constant's data. */
export function withFacts<T extends object, U extends object>(
  constant: T & { readonly data: object },
  facts: U,
): T & U {
  const deferral = known.get(constant);
  if (!deferral) return { ...constant, ...facts };
  const all = { ...deferral.facts, ...facts } as T & U;
  const copy = {
    ...all,
    get data() {
      return constant.data;
    },
  };
  known.set(copy, { ...deferral, facts: all });
  return copy;
}

/** Whether the chain that ends in this constant has its full length. */
export function isLong(constant: object): boolean {
  return (known.get(constant)?.depth ?? 0) >= LONGEST_CHAIN;
}

/** Whether reading the constant's data may compute it. */
export function isDeferred(constant: object): boolean {
  return known.has(constant);
}

/** Yields the constants that it is computed from, and then itself. Reading `data` of each splits the work into pieces. */
export function* piecesOf<T extends object>(constant: T): Generator<T> {
  for (const source of known.get(constant)?.sources ?? []) yield* piecesOf(source as T);
  yield constant;
}

/** The key of a constant computed by `how` from operands; undefined where an operand has no key. */
export function derivedKey(
  how: string,
  ...operands: readonly { readonly key?: string | undefined }[]
): string | undefined {
  const keys = operands.map(({ key }) => key);
  return keys.includes(undefined) ? undefined : `${how}(${keys.join()})`;
}

/** A hash of an array's content (FNV-1a over its bits). */
export function fingerprint(data: Float32Array | Float64Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
