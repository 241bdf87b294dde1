/** Mutation: a file of the corpus, changed in a few steps. */
import type { CorpusFile, Invention } from "./attack";
import { Dice } from "./dice";

/** Gives changed bytes, or the same where the change does not apply. `others`: files to take parts from. */
export type Mutation = (bytes: Uint8Array, dice: Dice, others: readonly CorpusFile[]) => Uint8Array;

/** Most bytes of an input: mutation must not make files that are large themselves. */
const MOST_BYTES = 2 ** 16;

/** `bytes` with the part from `start` to `end` replaced. */
export function spliced(bytes: Uint8Array, start: number, end: number, part: ArrayLike<number> = []): Uint8Array {
  const result = new Uint8Array(start + part.length + bytes.length - end);
  result.set(bytes.subarray(0, start));
  result.set(part, start);
  result.set(bytes.subarray(end), start + part.length);
  return result;
}

/** A stretch of a file, from nothing to all of it, short ones more often. */
function stretch(bytes: Uint8Array, dice: Dice): [start: number, end: number] {
  const start = dice.below(bytes.length + 1);
  const most = dice.chance(0.7) ? 8 : bytes.length;
  return [start, Math.min(bytes.length, start + dice.below(most + 1))];
}

/** Changes that know nothing of the format. */
export const BYTE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "flip a bit": (bytes, dice) => {
    const at = dice.below(bytes.length);
    return spliced(bytes, at, Math.min(bytes.length, at + 1), [(bytes[at] ?? 0) ^ (1 << dice.below(8))]);
  },
  "set a byte": (bytes, dice) => {
    const at = dice.below(bytes.length);
    return spliced(bytes, at, Math.min(bytes.length, at + 1), [dice.pick([0, 1, 127, 128, 255, dice.below(256)])]);
  },
  "set a number": (bytes, dice) => {
    const width = dice.pick([2, 4]);
    const at = dice.below(bytes.length);
    if (at + width > bytes.length) return bytes;
    const copy = bytes.slice();
    const [view, little] = [new DataView(copy.buffer), dice.chance(0.5)];
    if (width === 2) view.setUint16(at, dice.integer(), little);
    else view.setUint32(at, dice.integer(), little);
    return copy;
  },
  "remove a stretch": (bytes, dice) => spliced(bytes, ...stretch(bytes, dice)),
  "repeat a stretch": (bytes, dice) => {
    const [start, end] = stretch(bytes, dice);
    return spliced(bytes, end, end, bytes.subarray(start, end));
  },
  "cut off the end": (bytes, dice) => bytes.slice(0, dice.below(bytes.length)),
  "put in a stretch of another file": (bytes, dice, others) => {
    const other = dice.pick(others).bytes;
    const [start, end] = stretch(other, dice);
    return spliced(bytes, ...stretch(bytes, dice), other.subarray(start, end));
  },
};

/** 1 to 6, small numbers more often: most files with many changes are refused by the first check of all. */
function fewSteps(dice: Dice): number {
  let steps = 1;
  while (steps < 6 && dice.chance(0.4)) steps++;
  return steps;
}

/** A file of the corpus in a few changes. Three of four are of `own`, which know the format. */
export function mutant(dice: Dice, corpus: readonly CorpusFile[], own: Readonly<Record<string, Mutation>>): Invention {
  const { bytes } = dice.pick(corpus);
  const [structured, plain] = [Object.values(own), Object.values(BYTE_MUTATIONS)];
  const steps = Array.from({ length: fewSteps(dice) }, () => ({
    mutation: dice.pick(dice.chance(0.75) ? structured : plain),
    seed: dice.next(),
  }));
  return {
    steps: steps.length,
    build: (kept) =>
      steps
        .filter((_, i) => kept.has(i))
        .reduce((last, { mutation, seed }) => {
          const next = mutation(last, new Dice(seed), corpus);
          return next.length <= MOST_BYTES ? next : last;
        }, bytes),
  };
}

/** The input without one part of it: halves first, then smaller and smaller parts. */
export function* shorter(input: Uint8Array): Generator<Uint8Array> {
  for (let length = Math.ceil(input.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    if (input.length / length > 64) return;
    for (let at = 0; at < input.length; at += length) yield spliced(input, at, Math.min(input.length, at + length));
  }
}
