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
   * Time to spend on measuring. Default 2000; 0 on software adapters, where a layer takes so long that little could be
   * measured. Measurements are stored, and the next call continues from them.
   */
  readonly milliseconds?: number;
  /**
   * Selects the choices to try. Default: all that this device supports except "half/...", which computes products in f16
   * and needs sums of four of them to stay below 65,504.
   */
  readonly admit?: (choice: ConvChoice) => boolean;
  /** Where measurements are stored. Default: IndexedDB, where there is one. */
  readonly store?: TuningStore;
  readonly signal?: AbortSignal;
  /** Called after each shape with its results. */
  readonly onProgress?: (row: TuneRow) => void;
}

export interface TuneReport {
  readonly adapter: string;
  readonly clock: "timestamps" | "wall";
  /** Results of this call. */
  readonly rows: readonly TuneRow[];
  /** Time spent on measuring. */
  readonly milliseconds: number;
  /** Why shapes are left unmeasured: the time was over, the device was lost, or the adapter is a software one. */
  readonly stopped?: "time" | "lost" | "software";
  /** All distinct convolutions of the programs made so far, with the choice now in use. */
  readonly shapes: readonly (TunedShape & { readonly choice: ConvChoice })[];
  /** How many of `shapes` got a new choice; existing programs use the old one until they are rebuilt. */
  readonly changed: number;
}

/** The parts of a session that tuning needs. */
export interface TuneTarget {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly choices: ConvChoices;
  readonly engine: Engine;
  /** Awaited before each candidate, so that the session's runs have priority. */
  readonly turn?: () => Promise<unknown>;
}

/** Measures the convolutions of the programs made so far. Throws the signal's reason when aborted; earlier measurements stay stored. */
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
      // Each candidate runs in its own task, so that the page can draw and respond in between.
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
  // The caller rebuilds its programs when `changed` is not 0.
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

/** The choices to measure, the present one first. */
function candidates(choices: ConvChoices, params: Conv2dParams): readonly ConvChoice[] {
  const present = choices.choose(params);
  return [...new Set([present, ...choices.admissible(params)])].filter((choice) => choice !== DEFAULT_CHOICE);
}
