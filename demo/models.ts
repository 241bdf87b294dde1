/**
 * The models that the page offers: which one is chosen, and its colorizer, which works in the package's worker. The choice is kept in the
 * browser's localStorage, unless it is a model of the visitor's own.
 */
import { loadColorizer, type LoadOptions, type LoadProgress, type PhotoColorizer } from "../src/index";
import { element } from "./make-element";

/** What the manifests in models/ say, by their paths. */
const summaries = import.meta.glob<string>("../models/*/model.json", { import: "summary", eager: true });
const files = import.meta.glob<Record<string, { path: string; bytes: number }>>("../models/*/model.json", {
  import: "files",
  eager: true,
});

/** From the one that measures best, see the cards in models/. The first is chosen where the visitor has not chosen. */
const ORDER = ["natural", "inception-table", "inception-strided"];
const KEY = "colorize-canvas model";

interface Offer {
  readonly name: string;
  /** One line that helps people choose. */
  readonly summary: string;
  readonly megabytes: number;
}

const offers: Offer[] = Object.entries(summaries)
  .map(([path, summary]) => {
    const bytes = Object.values(files[path]!).reduce((sum, file) => sum + file.bytes, 0);
    return { name: path.split("/").at(-2)!, summary, megabytes: Math.round(bytes / 1e6) };
  })
  .sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));

/** The visitor's own models, by name. */
const own = new Map<string, Pick<LoadOptions, "model" | "preset">>();

let model = known(remembered()) ?? offers[0]!.name;

function known(name: string | null): string | undefined {
  return offers.find((offer) => offer.name === name)?.name;
}

/** The choice of an earlier visit; null where there is none, or the browser keeps nothing. */
function remembered(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function chosenModel(): string {
  return model;
}

/** Marks the model of the open photograph. */
export function checkModel(name: string): void {
  const input = document.querySelector<HTMLInputElement>(`input[name="model"][value="${CSS.escape(name)}"]`);
  if (input) input.checked = true;
}

/** Chooses a model for photographs to come, and remembers it. */
export function chooseModel(name: string): void {
  model = name;
  checkModel(name);
  if (isOwn(name)) return;
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // The choice lasts as long as the page.
  }
}

/** Fills the fieldset with one radio button for each model, and calls `onChange` when the visitor takes another one. */
export function showModels(fieldset: HTMLElement, onChange: (model: string) => void): void {
  show = ({ name, summary, megabytes }) => {
    const input = element("input", "", { type: "radio", name: "model", value: name });
    input.checked = name === model;
    input.addEventListener("change", () => {
      chooseModel(name);
      onChange(name);
    });
    const text = (className: string, content: string): HTMLElement => element("span", content, { className });
    const label = element("label");
    const size = text("size", `${megabytes} MB${isOwn(name) ? ", your file" : " download"}`);
    const sayWhere = async (): Promise<void> => {
      if (await isHere(name)) size.textContent = `${megabytes} MB, on this device`;
    };
    if (!isOwn(name)) onLoad.set(name, sayWhere);
    void onLoad.get(name)?.();
    label.append(input, text("name", name), size, text("summary", summary));
    fieldset.append(label);
    fieldset.hidden = fieldset.querySelectorAll("input").length < 2;
  };
  offers.forEach(show);
}

/** Says that a model is on this device, by its name. */
const onLoad = new Map<string, () => Promise<void>>();

function addressOf(name: string): URL {
  return new URL(`models/${name}/`, document.baseURI);
}

/** Whether all files of one of the page's models are on this device, where src/weights/model/file-cache.ts keeps them. */
async function isHere(name: string): Promise<boolean> {
  try {
    const cache = await caches.open("colorize-canvas-1");
    const here = Object.values(files[`../models/${name}/model.json`]!).map(async ({ path }) => {
      const kept = await cache.keys(new URL(path, addressOf(name)), { ignoreSearch: true });
      return kept.some(({ url }) => url.includes("colorize-canvas-sha256")); // not a part of it
    });
    return (await Promise.all(here)).every((one) => one);
  } catch {
    return false; // this browser keeps nothing
  }
}

let show = (_offer: Offer): void => undefined;

/** Whether a model is the visitor's own, from a file. */
export function isOwn(name: string): boolean {
  return own.has(name);
}

interface OwnModel {
  readonly name: string;
  readonly address: string;
  /** Where the package does not recognise the file, what the visitor says that it is. */
  readonly preset?: LoadOptions["preset"];
  readonly megabytes: number;
}

/** Loads a model of the visitor's own, and offers it under its name until the page is closed. */
export async function addOwnModel(
  { name, address, preset, megabytes }: OwnModel,
  onProgress: (progress: LoadProgress) => void,
): Promise<void> {
  own.set(name, { model: address, preset });
  try {
    const { manifest } = await loadModel(name, onProgress);
    const offer = { name, summary: manifest.summary ?? "", megabytes };
    offers.push(offer);
    show(offer);
  } catch (error) {
    own.delete(name);
    throw error;
  }
}

/** Beside the page: see tools/vite-onnxruntime.ts. */
const ONNXRUNTIME = "onnxruntime-web/";

let onProcessor = false;

/** From now on networks run on the processor where there is no WebGPU. */
export function useProcessor(): void {
  onProcessor = true;
}

export function usesProcessor(): boolean {
  return onProcessor;
}

interface Loading {
  readonly colorizer: Promise<PhotoColorizer>;
  readonly stop: AbortController;
  /** Of the newest caller. */
  onProgress: (progress: LoadProgress) => void;
  ready: boolean;
  /** Whether the load broke, perhaps after a first picture. Work that waits for the rest learns why before its colorizer is freed. */
  failed: boolean;
}

/** By model. */
const loading = new Map<string, Loading>();

/** Loaded once, at the first photograph; a failed load is tried again with the next. `onProgress` replaces that of earlier calls. */
export function loadModel(name: string, onProgress: (progress: LoadProgress) => void): Promise<PhotoColorizer> {
  const before = loading.get(name);
  if (before?.failed) free(name);
  else if (before) {
    before.onProgress = onProgress;
    return before.colorizer;
  }
  const stop = new AbortController();
  const colorizer = loadColorizer({
    ...(own.get(name) ?? { model: addressOf(name), checkF16: false }),
    ...(onProcessor && { fallback: new URL(ONNXRUNTIME, document.baseURI).href }),
    tune: true,
    early: true,
    onProgress: (progress) => entry.onProgress(progress),
    signal: stop.signal,
  });
  const entry: Loading = { colorizer, stop, onProgress, ready: false, failed: false };
  loading.set(name, entry);
  const complete = colorizer.then((loaded) => {
    entry.ready = true;
    return loaded.complete; // may fail after a first picture
  });
  complete.then(
    () => onLoad.get(name)?.(),
    () => (entry.failed = true),
  );
  return colorizer;
}

export function isLoaded(name: string): boolean {
  const { ready, failed } = loading.get(name) ?? {};
  return ready === true && !failed;
}

/** Stops the downloads of all models but these. What is loaded stays, so that a model whose photograph fails finds the one before. */
export function stopOtherLoads(wanted: ReadonlySet<string>): void {
  for (const [name, { stop, ready }] of loading)
    if (!wanted.has(name) && !ready) {
      loading.delete(name);
      stop.abort();
    }
}

/**
 * Frees the memory of all models but these, and of those whose load broke. They are on this device as far as they came, and loaded again when a
 * photograph needs them.
 */
export function freeOthers(wanted: ReadonlySet<string>): void {
  // A model of the visitor's own is chosen only when it is loaded.
  const kept = new Set([...wanted, ...[...own.keys()].filter((name) => !isLoaded(name))]);
  stopOtherLoads(kept);
  for (const [name, { failed }] of loading) if (failed || !kept.has(name)) free(name);
}

function free(name: string): void {
  const { colorizer } = loading.get(name)!;
  loading.delete(name);
  colorizer.then(
    (loaded) => loaded.dispose(),
    () => undefined, // there is nothing to free
  );
}
