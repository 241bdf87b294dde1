/** The demo page: colours a photograph by the public API, compares it with the original, and saves it. */
import { Colorizer, type ColorizeResult, type LoadProgress } from "../src/index";
import { readPhotograph, type Photograph } from "./photograph";
import { showProfile } from "./profile";
import { press, showSamples } from "./samples";
import { download, jpegOf } from "./save";
import {
  hideProgress,
  page,
  showComparison,
  showFacts,
  showMessage,
  showOriginal,
  showProgress,
  showWelcome,
} from "./view";
import { explain, missingWebGpu } from "./words";

const MODEL = new URL("models/inception-table/", document.baseURI);

const STAGE_TEXT = {
  prepare: "Reading the photograph",
  luminance: "Measuring its light",
  embedding: "Recognising what it shows",
  chroma: "Imagining its colours",
  recombine: "Painting at full size",
} as const;
const STAGES = Object.keys(STAGE_TEXT) as (keyof typeof STAGE_TEXT)[];

/** The parts of the progress bar for download, compilation and colouring, while the networks are not loaded yet. */
const DOWNLOADED = 0.6;
const PREPARED = 0.75;

/** The photograph on the page with its colours. */
interface Shown {
  readonly photograph: Photograph;
  readonly canvas: HTMLCanvasElement;
  readonly sample: HTMLButtonElement | undefined;
  readonly adapter: string;
  result: ColorizeResult;
}

let colorizer: Promise<Colorizer> | undefined;
let networksReady = false;
/** The last result, which stays while the next photograph is being coloured. */
let shown: Shown | undefined;
/** Ends the work on a photograph when a newer one takes its place. */
let job = new AbortController();
/** Name of the photograph that is being coloured. */
let working: string | undefined;
/** Photographs are numbered as they are chosen: one that decodes late does not replace a newer one. */
let chosen = 0;
let latest = 0;

/** Loaded once, at the first photograph; a failed load is tried again with the next. */
function loadColorizer(): Promise<Colorizer> {
  const forget = (): void => {
    colorizer = undefined;
    networksReady = false;
  };
  colorizer ??= Colorizer.load({ model: MODEL, tune: true, onProgress: reportLoading }).then((loaded) => {
    networksReady = true;
    void loaded.device.lost.then(forget);
    return loaded;
  });
  colorizer.catch(forget);
  return colorizer;
}

function reportLoading({ stage, loaded, total, fromCache }: LoadProgress): void {
  if (working === undefined) return;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const part = total > 0 ? loaded / total : 0;
  if (stage === "compile") showProgress(working, "Preparing the networks", DOWNLOADED + (PREPARED - DOWNLOADED) * part);
  else if (total === 0) showProgress(working, "Getting ready", 0);
  else if (fromCache) showProgress(working, "Reading the networks from this device", DOWNLOADED * part);
  else
    showProgress(
      working,
      `Downloading the networks, once: ${megabytes(loaded)} of ${megabytes(total)} MB`,
      DOWNLOADED * part,
    );
}

/**
 * Shows and colours one picture. Once the picture is decoded, it replaces one that is still being coloured; if it cannot be
 * decoded, the page does not change.
 */
async function open(
  source: Blob | string,
  name: string,
  { sample, note }: { readonly sample?: HTMLButtonElement; readonly note?: string } = {},
): Promise<void> {
  const number = ++chosen;
  let photograph: Photograph;
  try {
    photograph = await readPhotograph(source, name);
  } catch (error) {
    return fail(error, name);
  }
  if (number < latest) return photograph.bitmap.close();
  latest = number;
  job.abort();
  const { signal } = (job = new AbortController());
  working = name;
  press(page.samples, sample);
  showOriginal(photograph.image);
  if (note) showMessage(note);
  const start = networksReady ? 0 : PREPARED;
  showProgress(name, "Getting ready", 0);
  try {
    const ready = await loadColorizer();
    const result = await ready.colorize(photograph.bitmap, {
      signal,
      saturation: page.saturation.valueAsNumber,
      onStage: (stage) =>
        showProgress(
          name,
          STAGE_TEXT[stage],
          start + ((1 - start) * (STAGES.indexOf(stage) + 1)) / (STAGES.length + 1),
        ),
    });
    working = undefined;
    const canvas = result.canvas(document.createElement("canvas"));
    shown = { photograph, canvas, sample, adapter: ready.adapter, result };
    showResult(shown);
  } catch (error) {
    if (signal.aborted) return;
    working = undefined;
    await giveUp(error, name);
  } finally {
    photograph.bitmap.close();
  }
}

function showResult({ photograph, canvas, sample, adapter, result }: Shown): void {
  press(page.samples, sample);
  showComparison(photograph.image, canvas);
  showFacts(result, adapter);
}

/** Shows the last result again, or the empty page. */
async function giveUp(error: unknown, name: string): Promise<void> {
  hideProgress();
  if (shown) showResult(shown);
  else showWelcome();
  await fail(error, name);
}

async function fail(error: unknown, name: string): Promise<void> {
  console.error(error);
  showMessage(await explain(error, name));
}

/** Renders the newest saturation and aborts older requests. */
let rendering = new AbortController();
async function saturate(): Promise<void> {
  const value = page.saturation.valueAsNumber;
  page.saturationValue.value = `${Math.round(value * 100)} %`;
  rendering.abort();
  const { signal } = (rendering = new AbortController());
  const current = shown;
  if (!current) return;
  try {
    const result = await current.result.withSaturation(value, { signal });
    if (shown !== current || signal.aborted) return;
    current.result = result;
    result.canvas(current.canvas);
  } catch (error) {
    if (!signal.aborted) await fail(error, current.photograph.name);
  }
}

/** Measures every step of both networks, when the user opens the panel. */
async function measure(): Promise<void> {
  if (!page.profile.open || !shown) return;
  page.layers.textContent = "Measuring every step…";
  try {
    showProfile(await (await loadColorizer()).profile(shown.result));
  } catch (error) {
    page.profile.open = false;
    await fail(error, shown.photograph.name);
  }
}

async function save(button: HTMLButtonElement, ending: "jpg" | "png"): Promise<void> {
  if (!shown) return;
  const { result, photograph } = shown;
  button.disabled = true;
  try {
    const file = ending === "jpg" ? await jpegOf(result, photograph.file) : await result.blob("image/png");
    download(file, `${photograph.name.replace(/\.[^.]*$/, "")}-colour.${ending}`);
  } catch (error) {
    console.error(error);
    showMessage(`“${photograph.name}” could not be saved. It may be too large for this browser's memory.`);
  } finally {
    button.disabled = false;
  }
}

function openFiles(files: FileList | null | undefined): void {
  const file = files?.[0];
  if (!file) return;
  const one = `One photograph at a time: of these ${files.length} files, “${file.name}” is opened.`;
  void open(file, file.name, files.length > 1 ? { note: one } : {});
}

page.profile.addEventListener("toggle", () => void measure());
page.pick.addEventListener("click", () => page.file.click());
page.another.addEventListener("click", () => page.file.click());
page.file.addEventListener("change", () => {
  openFiles(page.file.files);
  page.file.value = ""; // the same file may be chosen again
});
document.addEventListener("paste", (event) => openFiles(event.clipboardData?.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  page.stage.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) page.stage.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  page.stage.classList.remove("dropping");
  if (event.dataTransfer?.files.length) openFiles(event.dataTransfer.files);
  else showMessage("That was not a file. Save the picture on this device, then drop its file here.");
});
page.saturation.addEventListener("input", () => void saturate());
page.saveJpeg.addEventListener("click", () => void save(page.saveJpeg, "jpg"));
page.savePng.addEventListener("click", () => void save(page.savePng, "png"));

showSamples(page.samples, (url, title, sample) => void open(url, title, { sample }));
const missing = await missingWebGpu();
if (missing) showMessage(missing);
