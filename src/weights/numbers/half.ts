/** Converts arrays between IEEE 754 binary32 and binary16, with the same bits as hardware. */

/**
 * Rounds to nearest, ties to even. 65520 and above become infinity, values below 2^-25 zero; subnormals are kept.
 */
export function halfFromFloat(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) {
    const word = words[i]!;
    const magnitude = word & 0x7fffffff;
    let half: number;
    if (magnitude < 0x38800000) half = magnitude < 0x33000000 ? 0 : subnormal(magnitude);
    // Exponent rebased from 127 to 15; 0xfff and the lowest kept bit round to nearest even.
    else if (magnitude < 0x47800000) half = (magnitude - 0x37fff001 + ((magnitude >>> 13) & 1)) >>> 13;
    else half = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    halves[i] = ((word >>> 16) & 0x8000) | half;
  }
  return halves;
}

/** Converts a magnitude below 2^-14, the smallest normal half, to a multiple of 2^-24. */
function subnormal(magnitude: number): number {
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && (kept & 1) === 1) ? kept + 1 : kept;
}

let table: Float32Array | undefined;

/** Exact, because f32 represents every f16. */
export function floatFromHalf(halves: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, half) => decode(half));
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < floats.length; i++) floats[i] = table[halves[i]!]!;
  return floats;
}

function decode(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
