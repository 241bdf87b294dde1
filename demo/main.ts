/** The demo page: colours a photograph by the public API, compares it with the original, and saves it. */
import type { Colorizer, ColorizeResult, LoadProgress } from "../src/index";
import { chooseModel, chosenModel, isLoaded, loadModel, showModels, stopOtherLoads } from "./models";
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

/** A picture that the visitor opened. */
interface Opened {
  readonly source: Blob | string;
  readonly name: string;
  readonly sample: HTMLButtonElement | undefined;
}

/** The photograph on the page with its colours. */
interface Shown {
  readonly opened: Opened;
  readonly photograph: Photograph;
  readonly canvas: HTMLCanvasElement;
  readonly model: string;
  readonly colorizer: Colorizer;
  result: ColorizeResult;
}

/** The picture on the page: coloured, or being coloured. */
let opened: Opened | undefined;
/** The last result, which stays while the next photograph is being coloured. */
let shown: Shown | undefined;
/** Ends the work on a photograph when a newer one takes its place. */
let job = new AbortController();
/** Name of the photograph that is being coloured. */
let working: string | undefined;
/** Photographs are numbered as they are chosen: one that decodes late does not replace a newer one. */
let chosen = 0;
let latest = 0;

function reportLoading({ stage, loaded, total, fromCache }: LoadProgress): void {
  if (working === undefined) return;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const part = total > 0 ? loaded / total : 0;
  if (stage === "compile") showProgress(working, "Preparing the networks", DOWNLOADED + (PREPARED - DOWNLOADED) * part);
  else if (total === 0) showProgress(working, "Getting ready", 0);
  else if (fromCache) showProgress(working, "Reading the networks from this device", DOWNLOADED * part);
  else {
    const text = `Downloading ${chosenModel()}, once: ${megabytes(loaded)} of ${megabytes(total)} MB`;
    showProgress(working, text, DOWNLOADED * part);
  }
}

/**
 * Shows and colours one picture. Once the picture is decoded, it replaces one that is still being coloured; if it cannot be
 * decoded, the page does not change. A picture that the page shows in colour keeps these colours until it has new ones.
 */
async function open(picture: Opened, note?: string): Promise<void> {
  const { source, name, sample } = picture;
  const number = ++chosen;
  let photograph: Photograph;
  try {
    photograph = await readPhotograph(source, name);
  } catch (error) {
    return picture === opened ? giveUp(error, name) : fail(error, name);
  }
  if (number < latest) return photograph.bitmap.close();
  latest = number;
  job.abort();
  const { signal } = (job = new AbortController());
  working = name;
  opened = picture;
  press(page.samples, sample);
  if (shown?.opened !== picture) showOriginal(photograph.image);
  if (note) showMessage(note);
  const model = chosenModel();
  const start = isLoaded(model) ? 0 : PREPARED;
  showProgress(name, "Getting ready", 0);
  try {
    const colorizer = await loadModel(model, reportLoading);
    const result = await colorizer.colorize(photograph.bitmap, {
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
    const again = shown?.opened === picture ? shown : undefined;
    const canvas = result.canvas(again?.canvas ?? document.createElement("canvas"));
    shown = { opened: picture, photograph: again?.photograph ?? photograph, canvas, model, colorizer, result };
    if (again) showFacts(shown);
    else showResult(shown);
    hideProgress();
    if (result.saturation !== page.saturation.valueAsNumber) await saturate();
  } catch (error) {
    if (signal.aborted) return;
    working = undefined;
    await giveUp(error, name);
  } finally {
    photograph.bitmap.close();
  }
}

function showResult(one: Shown): void {
  press(page.samples, one.opened.sample);
  showComparison(one.photograph.image, one.canvas);
  showFacts(one);
}

/** Colours the picture on the page by the model that is now chosen. */
function changeModel(): void {
  job.abort();
  stopOtherLoads();
  page.message.hidden = true;
  if (!opened) return;
  page.stage.scrollIntoView({ block: "nearest" });
  void open(opened);
}

/** Shows the last result again, with its model, or the empty page. */
async function giveUp(error: unknown, name: string): Promise<void> {
  hideProgress();
  opened = shown?.opened;
  if (shown) {
    chooseModel(shown.model);
    showResult(shown);
  } else showWelcome();
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

/** Measures every step of the networks, when the user opens the panel. */
async function measure(): Promise<void> {
  if (!page.profile.open || !shown) return;
  page.layers.textContent = "Measuring every step…";
  try {
    showProfile(await (await loadModel(shown.model, reportLoading)).profile(shown.result));
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
  void open({ source: file, name: file.name, sample: undefined }, files.length > 1 ? one : undefined);
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

showModels(page.models, changeModel);
showSamples(page.samples, (source, name, sample) => void open({ source, name, sample }));
const missing = await missingWebGpu();
if (missing) showMessage(missing);
