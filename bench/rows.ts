/** The bench's data: jobs to run, rows with results, and messages from workers to the command. */
import type { Elem } from "../src/kernels/kernel";
import type { Roof } from "./roof-share";
import type { Spread } from "./statistics";

/** chromium: the one that this command starts. browser: the one that shows the page of bench:page. */
export type Where = "node" | "chromium" | "browser";

/** Limits of one job. */
export interface Limits {
  readonly repeats: number;
  /** Milliseconds that the timed runs of one contender on one subject may take together. */
  readonly budget: number;
  /** Milliseconds of tuning before this engine is timed; 0: no tuning. */
  readonly tune: number;
  /** Keys of tasks that finished or failed earlier; see Message. */
  readonly exclude: readonly string[];
  /** No task starts after this time, by Date.now(). */
  readonly until?: number;
}

/** Whether no further task may start. */
export function over({ until = Infinity }: Limits): boolean {
  return Date.now() >= until;
}

/** The error of tasks that did not start. */
export const NO_TIME = "not run: no time was left";

/** The subject of a comparison: a network by its key in model.json and its side in pixels, or one convolution. */
export type Subject =
  | { readonly kind: "network"; readonly network: "embedder" | "colorizer"; readonly size: number }
  | { readonly kind: "conv"; readonly layer: string };

export type Job =
  | {
      readonly suite: "kernels";
      readonly elem: Elem;
      readonly quick: boolean;
      /** Only the roof and the convolutions of the networks, only the picture kernels at 12 megapixels, or only the rest; default: layers and others. */
      readonly part?: "layers" | "others" | "pictures";
    }
  | {
      readonly suite: "model";
      readonly elem: Elem;
      readonly sizes: readonly number[];
      /** Pixels of the photographs along and down; default: 2 megapixels. */
      readonly picture?: readonly [number, number];
    }
  | {
      readonly suite: "peers";
      readonly subject: Subject;
      readonly elems: readonly Elem[];
      /** Part of a contender's name; empty: all. */
      readonly contenders: readonly string[];
      /** Whether to run the tuned engine beside the untuned one. */
      readonly tuned?: boolean;
    }
  | { readonly suite: "profile"; readonly elem: Elem; readonly subject: Subject }
  | {
      readonly suite: "endurance";
      readonly elem: Elem;
      /** How many pictures, one after the other. */
      readonly pictures: number;
      readonly picture: readonly [number, number];
    };

interface Place {
  readonly where: Where;
  readonly adapter: string;
  /** The step of a longer run that found it; rows of different steps are not compared. */
  readonly step?: string;
}

/** The adapter's features and limits. */
export interface DeviceRow extends Place {
  readonly kind: "device";
  readonly info: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** A test of this project, run where the bench runs. */
export interface TestRow extends Place {
  readonly kind: "test";
  readonly file: string;
  readonly name: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly milliseconds?: number;
  readonly error?: string;
}

/** Every step of a network, in order. */
export interface ProfileRow extends Place {
  readonly kind: "profile";
  readonly subject: string;
  readonly elem: Elem;
  /** timestamps: of the GPU. wall: one submit a step, whose cost is in each. */
  readonly clock?: "timestamps" | "wall";
  readonly repeats?: number;
  /** How many were compiled before the first result. */
  readonly pipelines?: number;
  readonly steps?: readonly {
    readonly kernel: string;
    /** Median. */
    readonly milliseconds: number;
    /** Billions of operations, and of bytes. */
    readonly gflops: number;
    readonly gbytes: number;
  }[];
  readonly error?: string;
}

/** Many pictures in a row, with samples of memory. */
export interface EnduranceRow extends Place {
  readonly kind: "endurance";
  readonly elem: Elem;
  readonly picture: readonly [number, number];
  /** Milliseconds a picture. */
  readonly wall?: Spread;
  /** In time order, the first after the warm-up. */
  readonly samples: readonly MemorySample[];
  readonly error?: string;
}

export interface MemorySample {
  /** How many had been made. */
  readonly pictures: number;
  /** Buffers and textures that are alive. */
  readonly live: number;
  /** MiB of the process. */
  readonly process?: number;
  /** MiB of the GPU that are in use, by all programs. */
  readonly gpu?: number;
}

/** The adapter's best, by bench/roof.ts. */
interface RoofRow extends Place, Roof {
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

/** The parts of a picture's time: both networks, and the colour kernels before and after them. */
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
  /** Whether the contender is this engine. */
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
  /** The reference contender, the largest difference as a share of the reference output's range, and the allowed difference. */
  readonly reference?: string;
  readonly difference?: number;
  readonly allowed?: number;
  /** Results of tuning, for a tuned contender. */
  readonly tuning?: Tuning;
  readonly error?: string;
}

export interface Tuning {
  readonly milliseconds: number;
  readonly stopped?: string;
  readonly shapes: readonly TunedConv[];
}

/** One convolution that was measured. */
interface TunedConv {
  /** Names the shape; convKey(). */
  readonly key: string;
  /** In how many places. */
  readonly count: number;
  readonly flops: number;
  readonly choice: string;
  /** Milliseconds of a run of each choice that was timed, and why the others were refused. */
  readonly tried: Readonly<Record<string, number | string>>;
}

export type Row = DeviceRow | TestRow | RoofRow | KernelRow | ModelRow | PeerRow | ProfileRow | EnduranceRow;

/** A row before the worker says where it was measured. */
export type UnplacedRow = Row extends infer R ? (R extends Row ? Omit<R, keyof Place> : never) : never;

export type Message =
  /** The task with this key starts or continues; it has failed if no message follows. */
  | { readonly type: "begin"; readonly key: string; readonly failure: Row }
  /** Rows of a task that need not be repeated. */
  | { readonly type: "rows"; readonly key: string; readonly rows: readonly Row[] }
  /** The rows so far of a running task, which count if the task does not finish in time. */
  | { readonly type: "draft"; readonly key: string; readonly rows: readonly Row[] }
  | { readonly type: "adapter"; readonly info: Readonly<Record<string, string>> }
  /** The job has ended; `error`: why not all of it could be done. */
  | { readonly type: "end"; readonly error?: string };
