import { describe, expect, it } from "vitest";
import { finish } from "../../../src/base/pacer";
import { planningMemory, type Lifetime } from "../../../src/graph/lower/memory-plan";
import { randoms } from "../../shared/randoms";

const life = (value: string, bytes: number, first: number, last: number): Lifetime => ({ value, bytes, first, last });

describe("planningMemory", () => {
  it("plans two slots for a chain", () => {
    const { slots, slotOf } = finish(
      planningMemory([life("a", 16, 0, 1), life("b", 64, 1, 2), life("c", 32, 2, 3), life("d", 16, 3, 4)]),
    );
    expect(slots).toEqual([64, 32]);
    expect(slotOf.get("b")).toBe(slotOf.get("d"));
  });

  it("never shares a slot between values alive in the same step, and every slot is large enough", () => {
    const r = randoms(400 * 3, 11, 0, 1);
    const lives = Array.from({ length: 400 }, (_, i) => {
      const first = Math.floor(r[3 * i]! * 100);
      return life(`v${i}`, 16 * Math.ceil(r[3 * i + 1]! * 100), first, first + Math.floor(r[3 * i + 2]! * 9));
    });
    const { slots, slotOf } = finish(planningMemory(lives));
    for (const a of lives) {
      expect(slots[slotOf.get(a.value)!]!).toBeGreaterThanOrEqual(a.bytes);
      for (const b of lives)
        if (a !== b && slotOf.get(a.value) === slotOf.get(b.value))
          expect(a.last < b.first || b.last < a.first).toBe(true);
    }
    // The peak of bytes alive in one step is a lower bound; the greedy plan stays close to it.
    const peak = Math.max(
      ...lives.map(({ first }) => lives.reduce((s, l) => s + (l.first <= first && first <= l.last ? l.bytes : 0), 0)),
    );
    expect(slots.reduce((s, n) => s + n, 0)).toBeLessThan(1.35 * peak);
  });
});
