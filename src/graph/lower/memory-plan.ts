/**
 * Assigns values to slots by their lifetimes. A slot is a whole GPU buffer, because WebGPU forbids binding one buffer for
 * reading and for writing in the same dispatch.
 *
 * Greedy by size (Pisarchyk and Lee 2020, "Efficient memory management for deep neural net inference"):
 * values in descending order of size, each into the first slot that is free during its whole life.
 */

/** Most slots that are tried for one value. Real programs have fewer. */
const MOST_TRIED = 256;

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
  /** In the order of their steps; none overlap. */
  readonly lives: Lifetime[];
}

/** The place of `life` among a slot's lives; undefined where it overlaps one of them. */
function placeIn({ lives }: Slot, life: Lifetime): number | undefined {
  let [low, high] = [0, lives.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lives[middle]!.last < life.first) low = middle + 1;
    else high = middle;
  }
  const next = lives[low];
  return next === undefined || life.last < next.first ? low : undefined;
}

/** Assigns every value a slot, and yields after each; values that share a slot never live at the same time. */
export function* planningMemory(lifetimes: readonly Lifetime[]): Generator<undefined, MemoryPlan> {
  const slots: Slot[] = [];
  const slotOf = new Map<string, number>();
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  const assign = (life: Lifetime): void => {
    // Slots were opened in descending size, so the last free one is the tightest.
    let index = slots.length - 1;
    let place: number | undefined;
    for (const last = Math.max(0, slots.length - MOST_TRIED); index >= last; index--) {
      place = placeIn(slots[index]!, life);
      if (place !== undefined) break;
    }
    if (place === undefined) index = slots.push({ bytes: life.bytes, lives: [] }) - 1;
    slots[index]!.lives.splice(place ?? 0, 0, life);
    slotOf.set(life.value, index);
  };
  for (const life of bySize) {
    assign(life);
    yield; // up to MOST_TRIED slots were tried
  }
  return { slotOf, slots: slots.map((slot) => slot.bytes) };
}
