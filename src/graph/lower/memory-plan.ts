/**
 * Assigns values to slots by their lifetimes. A slot is a whole GPU buffer, because WebGPU forbids binding one buffer for
 * reading and for writing in the same dispatch.
 *
 * Greedy by size (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference"):
 * values in descending order of size, each into the first slot that is free during its whole life.
 */

/** A value and the steps first..last, both included, during which it is written and read. */
export interface Lifetime {
  readonly value: string;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

interface MemoryPlan {
  /** Value -> index into `slots`. */
  readonly slotOf: ReadonlyMap<string, number>;
  /** Bytes of each slot. */
  readonly slots: readonly number[];
}

interface Slot {
  readonly bytes: number;
  readonly lives: Lifetime[];
}

const overlap = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

/** Assigns every value a slot; values that share a slot never live at the same time. */
export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const slots: Slot[] = [];
  const slotOf = new Map<string, number>();
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const life of bySize) {
    // Slots were opened in descending size, so the last free one is the tightest.
    let index = slots.findLastIndex((slot) => slot.lives.every((other) => !overlap(life, other)));
    if (index < 0) index = slots.push({ bytes: life.bytes, lives: [] }) - 1;
    slots[index]!.lives.push(life);
    slotOf.set(life.value, index);
  }
  return { slotOf, slots: slots.map((slot) => slot.bytes) };
}
