/** Random choices that a seed repeats. */

/** Numbers that programs like to get wrong. */
const INTEGERS = [
  -(2 ** 31),
  -65_536,
  -7,
  -2,
  -1,
  0,
  0,
  1,
  1,
  2,
  2,
  3,
  4,
  5,
  7,
  8,
  16,
  255,
  256,
  65_535,
  1e6,
  2 ** 24 + 1,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  2 ** 53,
];
const FLOATS = [0, -0, 1, -1, 0.5, 2, 3.7, 1e-7, 1e-38, 1e-45, 65_504, 1e6, 1e38, -1e38, Infinity, -Infinity, NaN];

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 2^32: splitmix32, by Guy Steele, Doug Lea and Christine Flood, with 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let word = this.#state;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  }

  /** A whole number from 0 up to `limit`. */
  below(limit: number): number {
    return this.next() % Math.max(1, limit);
  }

  chance(share: number): boolean {
    return this.next() < share * 2 ** 32;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** An index of an array that is not empty, or undefined. */
  index(items: ArrayLike<unknown>): number | undefined {
    return items.length > 0 ? this.below(items.length) : undefined;
  }

  integer(): number {
    return this.chance(0.7) ? this.below(9) - 1 : this.pick(INTEGERS);
  }

  float(): number {
    return this.chance(0.5) ? this.below(2000) / 500 - 2 : this.pick(FLOATS);
  }
}
