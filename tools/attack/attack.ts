/** What an attack is: a source of inputs, and a check of one input that runs in a process of its own. */
import type { Dice } from "./dice";

export interface CorpusFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** An input that is built in steps, so that it can be built again with fewer of them. */
export interface Invention {
  readonly steps: number;
  /** The input, with the steps whose numbers are in `kept`. */
  build(kept: ReadonlySet<number>): Uint8Array;
}

/** What a check resolves with. */
export interface Checked {
  /** How it ended, in a few words; reports count them. Never a name or a number of the input. */
  readonly outcome: string;
  /** For confirm(). */
  readonly evidence?: unknown;
  /** Numbers to report; of several inputs the largest counts. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Attack {
  /** Also the name of its folder in the corpus. */
  readonly name: string;
  /** One line for the help and the report. */
  readonly about: string;
  /** Its share of the time, relative to the others' shares. */
  readonly share: number;
  /** Seconds of processor time that one input may take. */
  readonly seconds: number;
  /** Bytes by which one input may raise the most memory that the process ever had. */
  readonly memory: number;
  /** As many more for each byte of the input. Default 0. */
  readonly memoryPerByte?: number;
  invent(dice: Dice, corpus: readonly CorpusFile[]): Invention;
  /** Smaller inputs to try in place of one that was found. */
  reductions?(input: Uint8Array): Iterable<Uint8Array>;
  /** The inputs that the project keeps, by file name, but those that attacks found. */
  corpus(): Promise<Readonly<Record<string, Uint8Array>>>;
  /** Attacks the project with one input. Rejects with Finding, or with any error, when a promise is broken. */
  check(input: Uint8Array): Promise<Checked>;
  /** Compares the evidence with another program, which runs in its own process because it may crash. Resolves with the outcome. */
  confirm?(input: Uint8Array, evidence: unknown): Promise<string>;
}

/** A broken promise: what a user must never see. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/** An input of JSON, for attacks that are described and not mutated. */
export function jsonInput(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

export function fromJsonInput<T>(input: Uint8Array): T {
  return JSON.parse(new TextDecoder().decode(input)) as T;
}

/** An invention of one piece. */
export function whole(input: Uint8Array): Invention {
  return { steps: 0, build: () => input };
}
