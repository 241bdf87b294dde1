/** Helpers that plans share: argument checks, and the choice between scalar and vec4 storage. */
import { KernelError } from "../base/errors";
import type { Constants, Elem } from "./kernel";

/** Throws KernelError unless every value is an integer of at least 1. */
export function requirePositive(kernel: string, values: Readonly<Record<string, number | readonly number[]>>): void {
  for (const [name, value] of Object.entries(values))
    if (![value].flat().every((n) => Number.isInteger(n) && n >= 1))
      throw new KernelError(kernel, `${name} to be positive integers`, `${[value].flat().join(", ")}`);
}

const VEC4: Readonly<Record<Elem, string>> = { f32: "vec4<f32>", f16: "vec4<f16>" };

/**
 * `alias unit` (the element type of a buffer's array) and `alias wide` (the same in f32, for arithmetic): one element, or a
 * vec4 of neighbours. In WGSL `wide(x)` loads and `unit(x)` stores in both cases, so shaders need no branches.
 */
export function unitTypes(elem: Elem, lanes: 1 | 4): Constants {
  return lanes === 4 ? { unit: VEC4[elem], wide: VEC4.f32 } : { unit: elem, wide: "f32" };
}

/** 4 when every number is a multiple of 4 (vec4 storage fits), else 1. */
export function lanesFor(...numbers: readonly number[]): 1 | 4 {
  return numbers.every((n) => n % 4 === 0) ? 4 : 1;
}
