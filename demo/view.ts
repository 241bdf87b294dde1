/** What is on the page, by name; and its states. */
import "img-comparison-slider";
import "img-comparison-slider/dist/styles.css";
import type { ColorizeResult } from "../src/index";

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
  controls: byId("controls", HTMLElement),
  saturation: byId("saturation", HTMLInputElement),
  saturationValue: byId("saturation-value", HTMLOutputElement),
  saveJpeg: byId("save-jpeg", HTMLButtonElement),
  savePng: byId("save-png", HTMLButtonElement),
  another: byId("another", HTMLButtonElement),
  facts: byId("facts", HTMLElement),
  profile: byId("profile", HTMLDetailsElement),
  layers: byId("layers", HTMLElement),
  samples: byId("samples", HTMLElement),
};

/** The empty page. */
export function showWelcome(): void {
  page.stage.classList.add("empty");
  page.welcome.hidden = false;
  page.picture.hidden = true;
  page.controls.hidden = true;
  page.progress.hidden = true;
  page.profile.hidden = true;
  page.facts.textContent = "";
}

/** The original, waiting for its colours. */
export function showOriginal(original: HTMLImageElement): void {
  page.stage.classList.remove("empty");
  page.welcome.hidden = true;
  page.controls.hidden = true;
  page.message.hidden = true;
  page.profile.hidden = true;
  page.profile.open = false;
  page.facts.textContent = "";
  page.picture.hidden = false;
  page.picture.classList.add("waiting");
  page.picture.style.setProperty("--aspect", String(original.naturalWidth / original.naturalHeight));
  page.picture.replaceChildren(original);
}

/** The original and the coloured picture, with a slider between them. Returns the canvas for later saturations. */
export function showComparison(original: HTMLImageElement, result: ColorizeResult): HTMLCanvasElement {
  const slider = document.createElement("img-comparison-slider");
  const canvas = result.canvas(document.createElement("canvas"));
  Object.assign(slider, { value: 35 }); // percent of the width that shows the original
  slider.setAttribute("aria-label", "Divider between the original and the coloured picture");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${original.alt}, in colour`);
  original.slot = "first";
  canvas.slot = "second";
  const handle = document.createElement("span");
  handle.slot = "handle";
  handle.className = "handle";
  slider.append(original, canvas, handle);
  page.picture.classList.remove("waiting");
  page.picture.replaceChildren(slider);
  page.progress.hidden = true;
  page.controls.hidden = false;
  page.profile.hidden = false;
  return canvas;
}

/** `done` is 0 to 1, undefined while it is not known. */
export function showProgress(text: string, done?: number): void {
  const { progress } = page;
  progress.hidden = false;
  progress.classList.toggle("unknown", done === undefined);
  progress.style.setProperty("--done", `${100 * (done ?? 1)}%`);
  progress.querySelector(".text")!.textContent = text;
  progress.setAttribute("aria-valuetext", text);
  if (done === undefined) progress.removeAttribute("aria-valuenow");
  else progress.setAttribute("aria-valuenow", String(Math.round(100 * done)));
}

export function showMessage(text: string): void {
  page.progress.hidden = true;
  page.message.textContent = text;
  page.message.hidden = false;
}

/** "1.4 s on the adapter: ..." */
export function showFacts(result: ColorizeResult, adapter: string): void {
  const seconds = (milliseconds: number): string =>
    milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
  const { timings: t, workingSize: w } = result;
  page.facts.textContent =
    `${result.width} × ${result.height} in ${seconds(t.total)} on ${adapter}: ` +
    `embedding ${seconds(t.embedding)}, colours ${seconds(t.chroma)} at ${w.width} × ${w.height}, ` +
    `full resolution ${seconds(t.recombine)}`;
}
