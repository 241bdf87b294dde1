/** Searches for the fastest algorithm of each convolution: which candidates are timed, in which order, and which of them win. */
import { messageOf } from "../base/errors";
import { nearestKey, type Measured, type Scores } from "../graph/lower/conv-choice";
import { DEFAULT_CHOICE, type ConvChoice } from "../kernels/conv/algorithms";
import { convSizes, type Conv2dParams } from "../kernels/conv/params";
import { disagreement, TOLERANCE } from "./disagreement";

/** One convolution, bound with one choice of algorithm. All choices get the same operands. */
export interface Trial {
  /** Runs once and returns the output, or the same parts of a large one each time. */
  output(): Promise<Float32Array>;
  /** Milliseconds of one run, from `runs` of them. */
  time(runs: number): Promise<number>;
  close(): void;
}

/** A device, or a test's stand-in for one. */
export interface TrialBench {
  open(params: Conv2dParams, choice: ConvChoice): Promise<Trial>;
  /** Whether an error came from the loss of the device. */
  lost(): Promise<boolean>;
}

/** A convolution of the programs in use. */
export interface TunedShape {
  readonly key: string;
  readonly params: Conv2dParams;
  /** In how many places of the programs it occurs. */
  readonly count: number;
}

interface TuneResult {
  readonly choice: ConvChoice;
  /** Median of one run; absent where the choice was not timed. */
  readonly milliseconds?: number;
  /** Upper quartile of (candidate's time / default's time) over pairs of measurements; null: refused. */
  readonly score: number | null;
  /** Why it was refused. */
  readonly problem?: string;
}

/** Results of this search for one shape. */
export interface TuneRow extends TunedShape {
  readonly flops: number;
  /** Median of one run of the default. */
  readonly milliseconds: number;
  readonly results: readonly TuneResult[];
}

export interface SearchOptions {
  readonly shapes: Iterable<TunedShape>;
  /** Admissible choices, best guess first. */
  readonly choices: (params: Conv2dParams) => readonly ConvChoice[];
  readonly bench: TrialBench;
  /** Earlier scores, which are not measured again. */
  readonly measured: Measured;
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
  readonly now: () => number;
  /** Awaited before each candidate, outside the time budget, so that more urgent work runs first. */
  readonly turn: () => Promise<unknown>;
  /** Called after each shape, with all scores known by then. */
  readonly onRow?: (row: TuneRow, measured: Measured) => unknown;
}

export interface SearchEnd {
  readonly measured: Measured;
  readonly rows: readonly TuneRow[];
  /** Why the search ended early. */
  readonly stopped?: "time" | "aborted" | "lost";
  /** Time spent on measuring. */
  readonly milliseconds: number;
}

/** Milliseconds of one measurement; browsers' clocks have steps of 0.1 ms. */
const SAMPLE = 4;
/** Pairs of measurements, with default and candidate alternating; slow layers get fewer. */
const PAIRS = 5;
/** Runs that a candidate and its default take together at the very least. */
const RUNS_AT_LEAST = 8;
/** A candidate this much slower in its first pair is not timed again. */
const HOPELESS = 1.5;

/** The value below which `share` of the values lie. */
function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}

/** The default choice of one shape, which candidates are compared with. */
interface Reference {
  readonly trial: Trial;
  readonly expected: Float32Array;
  /** Runs in one measurement. */
  readonly runs: number;
  readonly milliseconds: number;
}

async function openReference(bench: TrialBench, params: Conv2dParams): Promise<Reference> {
  const trial = await bench.open(params, DEFAULT_CHOICE);
  try {
    const expected = await trial.output();
    for (let runs = 1; ; runs *= 4) {
      const milliseconds = await trial.time(runs);
      if (runs >= 256 || milliseconds * runs >= SAMPLE / 2) return { trial, expected, runs, milliseconds };
    }
  } catch (error) {
    trial.close();
    throw error;
  }
}

/** Checks the candidate's output, then times it in alternation with the default. */
async function compare(reference: Reference, trial: Trial, params: Conv2dParams): Promise<Omit<TuneResult, "choice">> {
  const apart = disagreement(await trial.output(), reference.expected);
  if (!(apart <= TOLERANCE[params.elem]))
    return { score: null, problem: `off by ${(apart * 100).toPrecision(2)} % of the largest value` };
  const { runs } = reference;
  const sample = reference.milliseconds * runs;
  const pairs = sample > 500 ? 2 : sample > 100 ? 3 : PAIRS;
  const times: number[] = [];
  const ratios: number[] = [];
  do {
    const own = await reference.trial.time(runs);
    times.push(await trial.time(runs));
    ratios.push(times.at(-1)! / own);
  } while (ratios.length < pairs && ratios[0]! < HOPELESS);
  return { milliseconds: quantile(times, 0.5), score: Number(quantile(ratios, 0.75).toPrecision(3)) };
}

/** Measures the shapes with the most flops first, until all are done or the time is over; always returns the scores so far. */
export async function search(options: SearchOptions): Promise<SearchEnd> {
  const { bench, signal, milliseconds: budget, now } = options;
  const measured: Record<string, Scores> = { ...options.measured };
  const rows: TuneRow[] = [];
  let spent = 0;
  /** Fewest milliseconds per flop so far. */
  let pace = 0;
  let stopped: SearchEnd["stopped"];
  /** Whether work of this length may start. Work that exceeds the budget is skipped, because lighter shapes follow. */
  const may = async (milliseconds: number): Promise<boolean> => {
    if (stopped === "lost") return false;
    await options.turn();
    if (signal?.aborted) stopped = "aborted";
    else if (spent < budget && milliseconds <= budget - spent) return true;
    else stopped ??= "time";
    return false;
  };
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const start = now();
    return work().finally(() => (spent += now() - start));
  };
  const weight = ({ params, count }: TunedShape): number => convSizes(params).flops * count;
  for (const shape of [...options.shapes].sort((a, b) => weight(b) - weight(a))) {
    const { params } = shape;
    const key = nearestKey(measured, shape.key) ?? shape.key;
    const known = measured[key] ?? {};
    const untried = options.choices(params).filter((choice) => choice !== DEFAULT_CHOICE && !(choice in known));
    const flops = convSizes(params).flops;
    if (untried.length === 0 || !(await may(RUNS_AT_LEAST * flops * pace))) continue;
    const reference = await timed(() => openReference(bench, params)).catch(async () => {
      if (await bench.lost()) stopped = signal?.aborted ? "aborted" : "lost";
    });
    if (!reference) continue; // the default does not fit in memory, so there is nothing to compare with
    pace = Math.min(pace || Infinity, reference.milliseconds / flops);
    const results: TuneResult[] = [];
    try {
      for (const choice of untried) {
        if (!(await may(RUNS_AT_LEAST * reference.milliseconds))) break;
        const result = await timed(() => attempt(bench, reference, params, choice));
        if (result.problem !== undefined && (await bench.lost())) stopped = signal?.aborted ? "aborted" : "lost";
        // A choice that loses the device is refused from now on; a choice that was aborted is not.
        if (stopped !== "aborted") results.push(result);
      }
    } finally {
      reference.trial.close();
    }
    if (results.length === 0) continue;
    measured[key] = { ...known, ...Object.fromEntries(results.map(({ choice, score }) => [choice, score])) };
    const row = { ...shape, key, flops, milliseconds: reference.milliseconds, results };
    rows.push(row);
    await options.onRow?.(row, measured);
  }
  return { measured, rows, milliseconds: spent, ...(stopped && { stopped }) };
}

/** Measures one candidate; an error that it throws becomes its `problem`. */
async function attempt(
  bench: TrialBench,
  reference: Reference,
  params: Conv2dParams,
  choice: ConvChoice,
): Promise<TuneResult> {
  let trial: Trial | undefined;
  try {
    trial = await bench.open(params, choice);
    return { choice, ...(await compare(reference, trial, params)) };
  } catch (error) {
    return { choice, score: null, problem: messageOf(error) };
  } finally {
    trial?.close();
  }
}
