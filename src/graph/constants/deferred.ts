/**
 * Constants that are computed when they are read. The steps between a weight's bytes in the file and its buffer on the GPU
 * (dequantising, transposing, scaling) run for one weight after another at upload, so copies of all weights never exist at once.
 */
const sourcesOf = new WeakMap<object, readonly object[]>();

/**
 * `facts` with a property `data`, which `make` computes when it is first read, and again after its memory was reclaimed.
 * `make` must be pure. In loops, read `data` once. `sources` are the large constants that `make` reads.
 */
export function deferred<T extends object, D extends object>(
  facts: T,
  make: () => D,
  ...sources: readonly object[]
): T & { readonly data: D } {
  let kept: WeakRef<D> | undefined;
  const constant = {
    ...facts,
    get data(): D {
      let data = kept?.deref();
      if (data === undefined) kept = new WeakRef((data = make()));
      return data;
    },
  };
  sourcesOf.set(constant, sources);
  return constant;
}

/** Whether reading the constant's data may compute it. */
export function isDeferred(constant: object): boolean {
  return sourcesOf.has(constant);
}

/** Yields the constants that it is computed from, and then itself. Reading `data` of each splits the work into pieces. */
export function* piecesOf<T extends object>(constant: T): Generator<T> {
  for (const source of sourcesOf.get(constant) ?? []) yield* piecesOf(source as T);
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
