/** What is on the page, by name; and its states. */
import "img-comparison-slider";
import "img-comparison-slider/dist/styles.css";
import type { Colorizer, ColorizeResult } from "../src/index";

function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return element;
}

export const page = {
  stage: byId("stage", HTMLElement),
  welcome: byId("welcome", HTMLElement),
  picture: byId("picture", HTMLElement),
  progress: byId("progress", HTMLElement),
  file: byId("file", HTMLInputElement),
  pick: byId("pick", HTMLButtonElement),
  message: byId("message", HTMLElement),
  closeMessage: byId("close-message", HTMLButtonElement),
  controls: byId("controls", HTMLElement),
  saturation: byId("saturation", HTMLInputElement),
  saturationValue: byId("saturation-value", HTMLOutputElement),
  saveJpeg: byId("save-jpeg", HTMLButtonElement),
  savePng: byId("save-png", HTMLButtonElement),
  another: byId("another", HTMLButtonElement),
  facts: byId("facts", HTMLElement),
  models: byId("models", HTMLFieldSetElement),
  profile: byId("profile", HTMLDetailsElement),
  layers: byId("layers", HTMLElement),
  samples: byId("samples", HTMLElement),
};

page.closeMessage.addEventListener("click", () => (page.message.hidden = true));

function hide(...elements: HTMLElement[]): void {
  for (const element of elements) element.hidden = true;
}

/** The empty page. */
export function showWelcome(): void {
  document.body.classList.remove("with-picture");
  page.stage.classList.add("empty");
  page.welcome.hidden = false;
  hide(page.picture, page.controls, page.profile);
  page.facts.textContent = "";
}

/** The original, waiting for its colours. */
export function showOriginal(original: HTMLImageElement): void {
  showPicture(original, original);
  page.picture.classList.add("waiting");
  hide(page.controls, page.message, page.profile);
  page.profile.open = false;
  page.facts.textContent = "";
  page.stage.scrollIntoView({ block: "nearest" }); // the samples lie below
}

/** The original and the coloured picture, with a slider between them. */
export function showComparison(original: HTMLImageElement, canvas: HTMLCanvasElement): void {
  const slider = document.createElement("img-comparison-slider") as HTMLElement & { value: number };
  slider.value = 35; // percent of the width that shows the original
  slider.setAttribute("aria-label", "Divider between the original and the coloured picture");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${original.alt}, in colour`);
  original.slot = "first";
  canvas.slot = "second";
  const handle = document.createElement("span");
  handle.slot = "handle";
  handle.className = "handle";
  slider.append(original, canvas, handle);
  // At an end, neither a rest of the divider nor of the original lies over the picture.
  slider.addEventListener("slide", () => {
    slider.classList.toggle("at-start", slider.value <= 0);
    slider.classList.toggle("at-end", slider.value >= 100);
  });
  showPicture(original, slider);
  page.picture.classList.remove("waiting");
  page.controls.hidden = false;
  page.profile.hidden = false;
}

/** Shows one thing on the stage, of the size that the original has there. */
function showPicture({ naturalWidth, naturalHeight }: HTMLImageElement, content: HTMLElement): void {
  document.body.classList.add("with-picture");
  page.stage.classList.remove("empty");
  page.welcome.hidden = true;
  page.picture.hidden = false;
  page.picture.style.setProperty("--aspect", String(naturalWidth / naturalHeight));
  page.picture.replaceChildren(content);
}

/** `name` is in work; `done` is 0 to 1. */
export function showProgress(name: string, text: string, done: number): void {
  const { progress } = page;
  progress.hidden = false;
  progress.style.setProperty("--done", `${100 * done}%`);
  progress.querySelector(".name")!.textContent = name;
  progress.querySelector(".text")!.textContent = text;
  progress.setAttribute("aria-valuetext", `${name}: ${text}`);
  progress.setAttribute("aria-valuenow", String(Math.round(100 * done)));
}

export function hideProgress(): void {
  page.progress.hidden = true;
}

/** Says something on the stage, where it stays until it is closed or another photograph opens. */
export function showMessage(text: string): void {
  page.message.querySelector(".text")!.textContent = text;
  page.message.hidden = false;
  page.message.scrollIntoView({ block: "nearest" });
}

/** "natural: 600 × 400 in 1.4 s on the adapter: ..." Closes the profile, which may be of other networks. */
export function showFacts({
  result,
  model,
  colorizer,
}: {
  readonly result: ColorizeResult;
  readonly model: string;
  readonly colorizer: Colorizer;
}): void {
  const seconds = (milliseconds: number): string =>
    milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  const { timings: t, workingSize: w } = result;
  const embedding = colorizer.manifest.embedder ? `embedding ${seconds(t.embedding)}, ` : "";
  page.profile.open = false;
  page.facts.textContent =
    `${model}: ${result.width} × ${result.height} in ${seconds(t.total)} on ${colorizer.adapter}: ` +
    `${embedding}colours ${seconds(t.chroma)} at ${w.width} × ${w.height}, ` +
    `full resolution ${seconds(t.recombine)}`;
}
