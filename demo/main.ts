/** The demo page: a photograph in, coloured with the public API, compared and saved. */
import { Colorizer, EngineError, type ColorizeResult, type LoadProgress } from "../src/index";
import { showProfile } from "./profile";
import { press, showSamples } from "./samples";
import { page, showComparison, showFacts, showMessage, showOriginal, showProgress, showWelcome } from "./view";

const MODEL = new URL("models/inception-table/", document.baseURI);

const STAGE_TEXT = {
  prepare: "Reading the photograph",
  luminance: "Measuring its light",
  embedding: "Recognising what it shows",
  chroma: "Imagining its colours",
  recombine: "Painting at full size",
} as const;
const STAGES = Object.keys(STAGE_TEXT) as (keyof typeof STAGE_TEXT)[];

let colorizer: Promise<Colorizer> | undefined;
let job = new AbortController();
let shown: { result: ColorizeResult; canvas: HTMLCanvasElement; name: string } | undefined;
let address: string | undefined;

/** Loaded once, at the first photograph; a failed load is tried again with the next. */
function loadColorizer(): Promise<Colorizer> {
  colorizer ??= Colorizer.load({ model: MODEL, tune: true, onProgress: reportLoading }).then((loaded) => {
    void loaded.device.lost.then(() => (colorizer = undefined));
    return loaded;
  });
  colorizer.catch(() => (colorizer = undefined));
  return colorizer;
}

function reportLoading({ stage, loaded, total }: LoadProgress): void {
  if (page.picture.hidden || shown) return;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  if (stage === "compile") showProgress("Preparing the networks for your graphics processor");
  else if (total === 0) showProgress("Downloading the networks");
  else showProgress(`Downloading the networks, once: ${megabytes(loaded)} of ${megabytes(total)} MB`, loaded / total);
}

/** Shows and colours one picture; a newer one replaces it. */
async function open(source: Blob | string, name: string): Promise<void> {
  job.abort();
  const { signal } = (job = new AbortController());
  try {
    const original = await decode(source, name);
    if (signal.aborted) return;
    shown = undefined; // not before: a file that is no picture leaves the last one as it is
    showOriginal(original);
    showProgress("Getting ready");
    const ready = await loadColorizer();
    const result = await ready.colorize(original, {
      signal,
      saturation: page.saturation.valueAsNumber,
      onStage: (stage) => showProgress(STAGE_TEXT[stage], (STAGES.indexOf(stage) + 1) / (STAGES.length + 1)),
    });
    shown = { result, canvas: showComparison(original, result), name };
    showFacts(result, ready.adapter);
  } catch (error) {
    if (!signal.aborted) fail(error);
  }
}

/** An <img> of the picture, decoded. */
async function decode(source: Blob | string, name: string): Promise<HTMLImageElement> {
  if (address) URL.revokeObjectURL(address);
  address = typeof source === "string" ? undefined : URL.createObjectURL(source);
  const image = new Image();
  image.alt = name;
  image.src = address ?? String(source);
  try {
    await image.decode();
  } catch {
    throw new Error(`“${name}” is not a picture that this browser can read. Try a JPEG, PNG or WebP file.`);
  }
  return image;
}

const NO_WEBGPU =
  "This browser has no WebGPU, which the networks run on. Current versions of Chrome, Edge, Safari and Firefox have " +
  "it; the page must come over https or from localhost.";

function fail(error: unknown): void {
  const missing = error instanceof EngineError && error.code === "device" && !("gpu" in navigator);
  showMessage(missing ? NO_WEBGPU : error instanceof Error ? error.message : String(error));
  if (page.picture.hidden) showWelcome();
  console.error(error);
}

/** Renders the newest saturation; older requests that still wait are given up. */
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
    if (!signal.aborted) fail(error);
  }
}

/** Runs both networks once more, a step at a time, when somebody wants to know. */
async function measure(): Promise<void> {
  if (!page.profile.open || !shown) return;
  page.layers.textContent = "Measuring every step…";
  try {
    showProfile(await (await loadColorizer()).profile(shown.result));
  } catch (error) {
    page.profile.open = false;
    fail(error);
  }
}

async function save(type: "image/jpeg" | "image/png", ending: string): Promise<void> {
  if (!shown) return;
  const { result, name } = shown;
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await result.blob(type, 0.92));
    link.download = `${name.replace(/\.[^.]*$/, "")}-colour.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    fail(error);
  }
}

function openFile(file: Blob | null | undefined): void {
  if (!file) return;
  press(page.samples);
  void open(file, file instanceof File ? file.name : "photograph");
}

page.profile.addEventListener("toggle", () => void measure());
page.pick.addEventListener("click", () => page.file.click());
page.another.addEventListener("click", () => page.file.click());
page.file.addEventListener("change", () => {
  openFile(page.file.files?.[0]);
  page.file.value = ""; // the same file may be chosen again
});
document.addEventListener("paste", (event) => openFile(event.clipboardData?.files[0]));
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
  openFile(event.dataTransfer?.files[0]);
});
page.saturation.addEventListener("input", () => void saturate());
page.saveJpeg.addEventListener("click", () => void save("image/jpeg", "jpg"));
page.savePng.addEventListener("click", () => void save("image/png", "png"));

showSamples(page.samples, (url, title) => void open(url, title));
if (!("gpu" in navigator)) showMessage(NO_WEBGPU);
