/** What the bench measures (jobs), what it finds (rows), and what workers tell the command (messages): plain data. */
import type { Elem } from "../src/kernels/kernel";
import type { Roof } from "./roof-share";
import type { Spread } from "./statistics";

export type Where = "node" | "chromium";

/** Limits of one job. */
export interface Limits {
  readonly repeats: number;
  /** Milliseconds that the timed runs of one contender on one subject may take together. */
  readonly budget: number;
  /** Milliseconds that this engine may measure its convolutions before it is timed; 0: it takes what it knows. */
  readonly tune: number;
  /** Keys of tasks that are done or have failed before; see Message. */
  readonly exclude: readonly string[];
}

/** What to compare: a whole network by its place in model.json and its side in pixels, or one convolution. */
export type Subject =
  | { readonly kind: "network"; readonly network: "embedder" | "colorizer"; readonly size: number }
  | { readonly kind: "conv"; readonly layer: string };

export type Job =
  | { readonly suite: "kernels"; readonly elem: Elem; readonly quick: boolean }
  | { readonly suite: "model"; readonly elem: Elem; readonly sizes: readonly number[] }
  | {
      readonly suite: "peers";
      readonly subject: Subject;
      readonly elems: readonly Elem[];
      /** Part of a contender's name; empty: all. */
      readonly contenders: readonly string[];
    };

interface Place {
  readonly where: Where;
  readonly adapter: string;
}

/** The adapter's best, by bench/roof.ts. */
export interface RoofRow extends Place, Roof {
  readonly kind: "roof";
}

export interface KernelRow extends Place {
  readonly kind: "kernel";
  readonly name: string;
  readonly elem: Elem;
  /** Kernels that the engine chose for the case. */
  readonly kernels?: readonly string[];
  readonly flops?: number;
  readonly bytes?: number;
  /** Milliseconds from submit to done, a dispatch. */
  readonly wall?: Spread;
  /** By GPU timestamps. */
  readonly gpu?: Spread;
  readonly error?: string;
}

/** The parts of a picture's time: both networks, and what happens to pixels before and after. */
export type ModelStage = "embedder" | "colorizer" | "luminance" | "recombine";

export interface ModelRow extends Place {
  readonly kind: "model";
  readonly elem: Elem;
  readonly size: number;
  /** Pixels of the photograph along and down. */
  readonly picture: readonly [number, number];
  /** Milliseconds from the files' bytes to the first picture in colour; for the first size alone. */
  readonly cold?: number;
  readonly total?: Spread;
  readonly stages?: Readonly<Record<ModelStage, Spread>>;
  readonly flops?: number;
  readonly peakBytes?: number;
  readonly weightBytes?: number;
  readonly activationBytes?: number;
  readonly error?: string;
}

export interface PeerRow extends Place {
  readonly kind: "peer";
  readonly subject: string;
  readonly contender: string;
  readonly elem: Elem;
  /** Whether this project made it. */
  readonly ours: boolean;
  readonly flops?: number;
  /** Milliseconds from bytes to the first result. */
  readonly cold?: number;
  readonly wall?: Spread;
  /** Every repeat, in order, for ratios of neighbours. */
  readonly times?: readonly number[];
  /** Processor milliseconds of all threads but the main one, which only waits; in Node on Linux alone. */
  readonly cpu?: Spread;
  readonly cpuTimes?: readonly number[];
  /** Whose output it was compared with, the largest difference as a share of that output's range, and what is allowed. */
  readonly reference?: string;
  readonly difference?: number;
  readonly allowed?: number;
  readonly error?: string;
}

export type Row = RoofRow | KernelRow | ModelRow | PeerRow;

/** A row before the worker says where it was measured. */
export type Finding = Row extends infer R ? (R extends Row ? Omit<R, keyof Place> : never) : never;

export type Message =
  /** The task with this key starts, or goes on: it is to blame if nothing follows. */
  | { readonly type: "begin"; readonly key: string; readonly failure: Row }
  /** Rows of a task that need not be repeated. */
  | { readonly type: "rows"; readonly key: string; readonly rows: readonly Row[] }
  | { readonly type: "adapter"; readonly info: Readonly<Record<string, string>> }
  /** The job has ended; `error`: why not all of it could be done. */
  | { readonly type: "end"; readonly error?: string };
