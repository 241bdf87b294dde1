/** Measures which algorithm computes each convolution fastest on a device, and remembers it. */
import { describeDevice } from "../gpu/device";
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Engine } from "../graph/engine";
import type { PipelineCache } from "../gpu/pipelines";
import { DEFAULT_CHOICE, type ConvChoice } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";
import { checkNumber, TUNE_MILLISECONDS } from "../base/option-checks";
import { GpuBench } from "./bench";
import { search, type SearchEnd, type TunedShape, type TuneRow } from "./search";
import { browserStore, recall, tuningKey, type TuningStore } from "./store";

export interface TuneOptions {
  /**
   * Time to spend on measuring. Default 2000, and nothing on software adapters: there a layer takes so long that
   * little could be measured. What is measured is kept, and the next call goes on from there.
   */
  readonly milliseconds?: number;
  /**
   * Which ways are tried. Default: all that compute a convolution on this device, but for "half/...": products in f16,
   * whose sums of four must stay below 65,504.
   */
  readonly admit?: (choice: ConvChoice) => boolean;
  /** Where measurements are kept. Default: IndexedDB where there is one. */
  readonly store?: TuningStore;
  readonly signal?: AbortSignal;
  /** Called after each shape. */
  readonly onProgress?: (row: TuneRow) => void;
}

export interface TuneReport {
  readonly adapter: string;
  readonly clock: "timestamps" | "wall";
  /** What was measured now. */
  readonly rows: readonly TuneRow[];
  /** Spent on measuring. */
  readonly milliseconds: number;
  /** Why something is left for the next time: the time was over, the device was lost, or it is one in software. */
  readonly stopped?: "time" | "lost" | "software";
  /** All distinct convolutions of the programs made so far, and how each is computed now. */
  readonly shapes: readonly (TunedShape & { readonly choice: ConvChoice })[];
  /** How many of them the programs made so far compute in another way: they are to be made again. */
  readonly changed: number;
}

/** What a session measures with. */
export interface TuneTarget {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly choices: ConvChoices;
  readonly engine: Engine;
  /** Work that goes first. */
  readonly turn?: () => Promise<unknown>;
}

/** Measures what the programs made so far need. Throws the signal's reason; what was measured by then is kept. */
export async function tune(target: TuneTarget, options: TuneOptions = {}): Promise<TuneReport> {
  const { device, pipelines, choices, engine } = target;
  const { store = browserStore(), signal, onProgress, admit = keepsRange } = options;
  signal?.throwIfAborted();
  if (options.milliseconds !== undefined) checkNumber(TUNE_MILLISECONDS, options.milliseconds);
  await recall(device, choices, store);
  const milliseconds = options.milliseconds ?? (choices.kind === "cpu" ? 0 : 2000);
  const shapes = [...choices.seen].map(([key, { params, count }]) => ({ key, params, count }));
  const bench = new GpuBench(device, pipelines, engine);
  let end: SearchEnd;
  try {
    end = await search({
      shapes,
      choices: (params) => candidates(choices, params).filter(admit),
      bench,
      measured: choices.measured,
      milliseconds,
      signal,
      now: () => performance.now(),
      // A task of its own: the page may draw and answer in between.
      turn: () => new Promise((resolve) => setTimeout(resolve)).then(() => target.turn?.()),
      onRow: (row, measured) => {
        onProgress?.(row);
        return store?.write(tuningKey(device), measured).catch(() => undefined);
      },
    });
  } finally {
    bench.close();
  }
  choices.measured = end.measured;
  if (end.stopped === "aborted") signal!.throwIfAborted();
  const now = shapes.map((shape) => ({ ...shape, choice: choices.choose(shape.params) }));
  const places = now.map(({ key }) => choices.seen.get(key)!);
  const changed = now.filter(({ choice }, i) => choice !== places[i]!.choice).length;
  // Who is told of changes makes programs again.
  now.forEach(({ choice }, i) => (places[i]!.choice = choice));
  const spared = end.stopped === "time" && options.milliseconds === undefined && choices.kind === "cpu";
  const stopped = spared ? "software" : end.stopped;
  return {
    adapter: describeDevice(device),
    clock: bench.clock,
    rows: end.rows,
    milliseconds: end.milliseconds,
    ...(stopped && { stopped: stopped as TuneReport["stopped"] }),
    shapes: now,
    changed,
  };
}

const keepsRange = (choice: ConvChoice): boolean => !choice.startsWith("half/");

/** What is to be measured, the present choice first. */
function candidates(choices: ConvChoices, params: Conv2dParams): readonly ConvChoice[] {
  const present = choices.choose(params);
  return [...new Set([present, ...choices.admissible(params)])].filter((choice) => choice !== DEFAULT_CHOICE);
}
