/**
 * Constants computed when they are read. Weights come as bytes of a file and end on the GPU; what lies between
 * (dequantising, transposing, scaling) is done for one after the other at upload, and no copies of all of them exist.
 */
const sourcesOf = new WeakMap<object, readonly object[]>();

/**
 * `facts` with a property `data` that `make` gives when it is first read, and again after the memory was reclaimed:
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

/** Whether reading the constant's data may take long. */
export function isDeferred(constant: object): boolean {
  return sourcesOf.has(constant);
}

/** What the constant is computed from, and then itself: to read `data` of each is a piece of the whole work. */
export function* piecesOf<T extends object>(constant: T): Generator<T> {
  for (const source of sourcesOf.get(constant) ?? []) yield* piecesOf(source as T);
  yield constant;
}

/** The key of what `how` makes of its operands: none where an operand has none. */
export function derivedKey(
  how: string,
  ...operands: readonly { readonly key?: string | undefined }[]
): string | undefined {
  const keys = operands.map(({ key }) => key);
  return keys.includes(undefined) ? undefined : `${how}(${keys.join()})`;
}

/** A number for the content of an array (FNV-1a over its bits). */
export function fingerprint(data: Float32Array | Float64Array): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
