/** One Colorizer per page, model and precision, shared by all elements that use it. */
import { Colorizer } from "../colorizer/colorizer";
import type { ColorizerOptions } from "../colorizer/options";
import type { LoadProgress } from "../weights/model/progress";
import { abortable } from "../base/abortable";
import { isModelName } from "../colorizer/shipped-models";

/** What a Colorizer is loaded with. */
interface Shared {
  readonly model: string;
  readonly precision: NonNullable<ColorizerOptions["precision"]>;
}

interface Entry {
  readonly colorizer: Promise<Colorizer>;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  latest: LoadProgress | undefined;
}

const entries = new Map<string, Entry>();

/**
 * The page's Colorizer for a model. `model` is a name or an address relative to the page; "" is the default model. The first caller
 * starts loading. An abort ends the caller's wait and not the load, which other callers may await. A failed load is
 * removed from the cache, so that the next caller tries again. A Colorizer replaces a lost device itself.
 */
export function sharedColorizer(
  { model, precision }: Shared,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Colorizer> {
  const address = model === "" || isModelName(model) ? model : new URL(model, document.baseURI).href;
  const key = `${precision} ${address}`;
  const entry = entries.get(key) ?? start(key, { model: address, precision });
  entry.listeners.add(onProgress);
  if (entry.latest) onProgress(entry.latest);
  const stop = (): void => void entry.listeners.delete(onProgress);
  const waiting = abortable(entry.colorizer, signal);
  waiting.then(stop, stop);
  return waiting;
}

function start(key: string, { model, precision }: Shared): Entry {
  const listeners: Entry["listeners"] = new Set();
  const colorizer = Colorizer.load({
    ...(model === "" ? {} : { model }),
    precision,
    tune: true,
    onProgress: (progress) => {
      entry.latest = progress;
      for (const listener of listeners) listener(progress);
    },
  });
  const entry: Entry = { colorizer, listeners, latest: undefined };
  entries.set(key, entry);
  colorizer.catch(() => entries.delete(key));
  return entry;
}
