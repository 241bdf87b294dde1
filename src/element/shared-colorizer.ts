/** One colorizer per page, model, preset and precision, shared by all elements that use it, and freed some time after the last of them has left. */
import type { ColorizerOptions } from "../colorizer/options";
import type { PresetName } from "../weights/model/presets";
import type { LoadProgress } from "../weights/model/progress";
import { abortable } from "../base/abortable";
import { pageAddress } from "../base/page-address";
import { isModelName } from "../colorizer/shipped-models";
import { loadColorizer } from "../worker/load-colorizer";
import type { PhotoColorizer } from "../worker/photo-colorizer";

/** What a colorizer is loaded with. */
interface Shared {
  readonly model: string;
  /** Of a bare .onnx file; "": recognised by its inputs. */
  readonly preset: string;
  readonly precision: NonNullable<ColorizerOptions["precision"]>;
  /** What runs the networks without WebGPU; "": nothing. */
  readonly fallback: string;
  /** The folder of the package's workers; "": where the bundler put them. */
  readonly workers: string;
}

interface Waiting {
  /** The element, which uses one colorizer at a time, until leave(). */
  readonly user: object;
  readonly onProgress: (progress: LoadProgress) => void;
  readonly signal: AbortSignal;
}

interface Entry {
  readonly colorizer: Promise<PhotoColorizer>;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  /** The tokens of the elements that use it. */
  readonly users: Set<object>;
  /** Ends the load. */
  readonly loading: AbortController;
  latest: LoadProgress | undefined;
  /** Frees it, while it has no users. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Milliseconds for which a model without elements stays loaded: a page may soon show another photograph. */
const PATIENCE = 10_000;

const entries = new Map<string, Entry>();

/** What stands for an element in `users`, so that one that is not in the page can be forgotten, and then leaves. */
const tokens = new WeakMap<object, object>();
const forgotten = new FinalizationRegistry((token: object) => use(undefined, token));

function tokenOf(user: object): object {
  let token = tokens.get(user);
  if (!token) {
    token = {};
    tokens.set(user, token);
    forgotten.register(user, token);
  }
  return token;
}

/**
 * The page's colorizer for a model. `model` is a name or an address relative to the page; "" is the default model. The first caller
 * starts loading. An abort ends the caller's wait and not the load, which other callers may await. A failed load, or a
 * colorizer whose worker failed, is removed from the cache, so that the next caller tries again. A colorizer replaces a lost device itself.
 */
export function sharedColorizer(
  { model, preset, precision, fallback, workers }: Shared,
  { user, onProgress, signal }: Waiting,
): Promise<PhotoColorizer> {
  const address = model === "" || isModelName(model) ? model : pageAddress("model", model);
  const key = `${precision} ${preset} ${fallback} ${workers} ${address}`;
  const entry = entries.get(key) ?? start(key, { model: address, preset, precision, fallback, workers });
  use(entry, tokenOf(user));
  entry.listeners.add(onProgress);
  if (entry.latest) onProgress(entry.latest);
  const stop = (): void => void entry.listeners.delete(onProgress);
  const complete = entry.colorizer.then((colorizer) => colorizer.complete);
  abortable(complete, signal).then(stop, stop);
  return abortable(entry.colorizer, signal);
}

/** Says that an element has left the page. */
export function leave(user: object): void {
  use(undefined, tokenOf(user));
}

/** Makes the element of a token a user of this entry and of no other. */
function use(used: Entry | undefined, token: object): void {
  used?.users.add(token);
  clearTimeout(used?.timer);
  for (const [key, entry] of entries)
    if (entry !== used && entry.users.delete(token) && entry.users.size === 0)
      entry.timer = setTimeout(() => free(key, entry), PATIENCE);
}

function free(key: string, entry: Entry): void {
  if (entries.get(key) === entry) entries.delete(key);
  entry.loading.abort();
  entry.colorizer.then(
    (colorizer) => colorizer.dispose(),
    () => undefined,
  );
}

function start(key: string, { model, preset, precision, fallback, workers }: Shared): Entry {
  const listeners: Entry["listeners"] = new Set();
  const loading = new AbortController();
  const colorizer = loadColorizer({
    ...(model && { model }),
    ...(preset && { preset: preset as PresetName }),
    ...(fallback && { fallback }),
    workers,
    precision,
    early: true,
    tune: true,
    signal: loading.signal,
    onProgress: (progress) => {
      entry.latest = progress;
      for (const listener of listeners) listener(progress);
    },
  });
  const entry: Entry = { colorizer, listeners, users: new Set(), loading, latest: undefined, timer: undefined };
  entries.set(key, entry);
  const drop = (): void => {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    entry.timer = setTimeout(() => free(key, entry), PATIENCE); // work that waits for it learns first why it failed
  };
  // Also one that has coloured a first picture already, and one whose worker fails later.
  colorizer
    .then(async ({ complete, ended }) => {
      await complete;
      await ended?.then(drop);
    })
    .catch(drop);
  return entry;
}
