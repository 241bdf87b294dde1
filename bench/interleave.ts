/** Interleaves the runs of several contenders, so that other load on the machine affects all equally. */

export interface Turn {
  readonly name: string;
  /** Maximum number of runs; see repeatsWithin(). */
  readonly repeats: number;
  readonly run: () => Promise<void>;
}

/** The number of runs for work of this duration: `wanted`, or fewer to stay within the budget, but at least one. */
export function repeatsWithin(wanted: number, milliseconds: number, budget: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(budget / Math.max(milliseconds, 1e-3))));
}

/**
 * Runs every contender `repeats` times in rounds: as many rounds as the largest number of repeats, the others spread
 * evenly over them, the order reversed every other round. A contender that throws does not run again. After the first round,
 * no run starts once `enough` returns true.
 */
export async function interleave(
  turns: readonly Turn[],
  onFailure: (name: string, error: unknown) => void,
  enough: () => boolean = () => false,
): Promise<void> {
  const rounds = Math.max(0, ...turns.map(({ repeats }) => repeats));
  const failed = new Set<Turn>();
  const due = ({ repeats }: Turn, round: number): boolean =>
    Math.floor(((round + 1) * repeats) / rounds) > Math.floor((round * repeats) / rounds);
  for (let round = 0; round < rounds && !(round > 0 && enough()); round++) {
    for (const turn of round % 2 ? [...turns].reverse() : turns) {
      if (failed.has(turn) || !due(turn, round)) continue;
      try {
        await turn.run();
      } catch (error) {
        failed.add(turn);
        onFailure(turn.name, error);
      }
    }
  }
}
