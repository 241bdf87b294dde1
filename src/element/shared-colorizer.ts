/** One Colorizer per page and model, shared by all elements that use it. */
import { Colorizer } from "../colorizer/colorizer";
import type { LoadProgress } from "../weights/model/progress";
import { isModelName } from "../colorizer/shipped-models";
import { abortable } from "../colorizer/stage-clock";

interface Entry {
  readonly colorizer: Promise<Colorizer>;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  latest: LoadProgress | undefined;
}

const entries = new Map<string, Entry>();

/**
 * The page's Colorizer for a model. `model` is a name or an address relative to the page; "" is the default model. The first caller
 * starts loading. An abort ends the caller's wait and not the load, which other callers may await. A failed load or
 * a lost device is removed from the cache, so that the next caller tries again.
 */
export function sharedColorizer(
  model: string,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Colorizer> {
  const key = model === "" || isModelName(model) ? model : new URL(model, document.baseURI).href;
  const entry = entries.get(key) ?? start(key);
  entry.listeners.add(onProgress);
  if (entry.latest) onProgress(entry.latest);
  const stop = (): void => void entry.listeners.delete(onProgress);
  const waiting = abortable(entry.colorizer, signal);
  waiting.then(stop, stop);
  return waiting;
}

function start(key: string): Entry {
  const listeners: Entry["listeners"] = new Set();
  const colorizer = Colorizer.load({
    ...(key === "" ? {} : { model: key }),
    tune: true,
    onProgress: (progress) => {
      entry.latest = progress;
      for (const listener of listeners) listener(progress);
    },
  });
  const entry: Entry = { colorizer, listeners, latest: undefined };
  entries.set(key, entry);
  const forget = (): void => void (entries.get(key) === entry && entries.delete(key));
  colorizer.then((loaded) => loaded.device.lost.then(forget), forget);
  return entry;
}
