/** Bytes of a shader's uniform struct. */

/** A field of a uniform struct: u32 or f32, in the struct's order. */
export type UniformField = { readonly u32: number } | { readonly f32: number };

/** Little-endian fields one after the other, padded with zeros to a multiple of 16 bytes. */
export function uniformBytes(fields: readonly UniformField[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(Math.ceil((fields.length * 4) / 16) * 16));
  fields.forEach((field, i) => {
    if ("u32" in field) view.setUint32(i * 4, field.u32, true);
    else view.setFloat32(i * 4, field.f32, true);
  });
  return new Uint8Array(view.buffer);
}

/** uniformBytes of unsigned integers only. */
export function uniformIntegers(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return uniformBytes(values.map((u32) => ({ u32 })));
}
