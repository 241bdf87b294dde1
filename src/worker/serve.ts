/** What workers do: they load models and colour photographs as the page's messages ask. */
import type { ColorizeResult, ResultFacts } from "../colorizer/result";
import type { ColorizeStage } from "../colorizer/stage-clock";
import { InputError } from "../base/errors";
import type { ColorizeSource } from "../image/source";
import { sentError } from "./errors";
import type { LoadProgress } from "../weights/model/progress";
import type { Answer, Call, CallEvent, Calls, Greeting, LoadOptions, Notice, ServedName } from "./messages";
import type { PhotoColorizer } from "./photo-colorizer";

/** What calls made, by the ids of the calls. */
const colorizers = new Map<number, PhotoColorizer>();
const results = new Map<number, ColorizeResult>();
/** Told the progress of each load by its id: the load's own call, then that for its completion. */
const progress = new Map<number, (event: CallEvent) => void>();
/** Running calls. */
const running = new Map<number, AbortController>();

/** A running call, as its handler sees it. */
interface Running<Name extends ServedName> {
  readonly id: number;
  readonly signal: AbortSignal;
  readonly args: Calls[Name]["arguments"];
  readonly report: (event: CallEvent) => void;
}

/** Loads a model; given by the worker. */
let loadModel: (options: LoadOptions) => Promise<PhotoColorizer>;

const handlers: { [Name in ServedName]: (call: Running<Name>) => Promise<Calls[Name]["answer"]> } = {
  async load({ id, signal, args, report }) {
    progress.set(id, report);
    const onProgress = (now: LoadProgress): void => progress.get(id)?.({ progress: now });
    const colorizer = await loadModel({ ...args, signal, onProgress });
    colorizers.set(id, colorizer);
    const { manifest, elem, adapter } = colorizer;
    return { manifest, elem, adapter };
  },

  complete({ args: { colorizer }, report }) {
    progress.set(colorizer, report);
    return made(colorizers, colorizer).complete.then(() => undefined);
  },

  async colorize({ id, signal, args: { colorizer, source, options, early }, report }) {
    try {
      const onStage = (stage: ColorizeStage): void => report({ stage });
      const onEarly = (result: ColorizeResult): void => {
        if (!signal.aborted) report({ early: keep(-id, result) });
      };
      const all = { ...options, signal, onStage, ...(early && { onEarly }) };
      return keep(id, await made(colorizers, colorizer).colorize(source, all));
    } finally {
      close(source);
    }
  },

  async change({ id, signal, args: { result, change } }) {
    return keep(id, await made(results, result).with(change, { signal }));
  },

  likelyColors: async ({ args: { result, place } }) => made(results, result).likelyColors(place),

  profile: ({ args: { colorizer, picture, options } }) => made(colorizers, colorizer).profile(picture, options),

  async activations({ signal, args: { colorizer, source, options } }) {
    try {
      return await made(colorizers, colorizer).activations(source, { ...options, signal });
    } finally {
      close(source);
    }
  },
};

/** Closes what was transferred here: bitmaps and frames, of which a result has its own copy. */
function close(source: ColorizeSource): void {
  if ("close" in source) source.close();
}

/** What an earlier call made. Throws InputError where it was freed. */
function made<T>(all: ReadonlyMap<number, T>, id: number): T {
  const one = all.get(id);
  if (one) return one;
  throw new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
}

function keep(id: number, result: ColorizeResult): ResultFacts {
  results.set(id, result);
  const { width, height, data, workingSize, saturation, warmth, notes, timings } = result;
  return { width, height, data, workingSize, saturation, warmth, notes, timings };
}

function free(id: number): void {
  colorizers.get(id)?.dispose();
  colorizers.delete(id);
  progress.delete(id);
  results.delete(id);
}

/** Frees what a call made that was aborted or failed. A first picture that the page was sent is the page's to free. */
async function answer<Name extends ServedName>(id: number, name: Name, args: Calls[Name]["arguments"]): Promise<void> {
  const job = new AbortController();
  running.set(id, job);
  const say = (said: Answer, transfer: Transferable[] = []): void => {
    if (!job.signal.aborted) postMessage(said, { transfer });
  };
  try {
    const { signal } = job;
    const report = (event: CallEvent): void => say({ id, event }, "early" in event ? [event.early.data.buffer] : []);
    const value = await handlers[name]({ id, signal, args, report });
    if (signal.aborted) free(id);
    else say({ id, value }, value && "data" in value ? [value.data.buffer] : []);
  } catch (error) {
    free(id);
    say({ id, error: sentError(error) });
  } finally {
    running.delete(id);
  }
}

/** Answers the page's messages from now on. `able`: whether this worker can colour. */
export function serve(load: typeof loadModel, able: boolean): void {
  loadModel = load;
  addEventListener("message", ({ data }: MessageEvent<Call | Notice>) => {
    if (data.name === "abort") running.get(data.id)?.abort();
    else if (data.name === "free") free(data.id);
    else void answer(data.id, data.name, data.arguments);
  });
  postMessage({ able } satisfies Greeting);
}
