/** The picture on the stage: nothing, an original that waits for its colours, or both with a slider between them. */
import "img-comparison-slider";
import "img-comparison-slider/dist/styles.css";
import type { Photo } from "./album";
import { readImage } from "./photograph";
import { page } from "./view";

interface Shown {
  readonly photo: Photo;
  readonly original: HTMLImageElement;
  /** The coloured picture at full size; undefined while there is none. */
  canvas?: HTMLCanvasElement;
}

let shown: Shown | undefined;
/** Photographs are numbered as they are shown: one that decodes late does not replace a newer one. */
let latest = 0;

/** The photograph on the stage. */
export function photoOnStage(): Photo | undefined {
  return shown?.photo;
}

/** The canvas with the colours of the photograph on the stage. */
export function canvasOnStage(): HTMLCanvasElement | undefined {
  return shown?.canvas;
}

/** The empty page. */
export function showWelcome(): void {
  latest++;
  if (shown) shown.photo.image = undefined;
  shown = undefined;
  document.body.classList.remove("with-picture");
  page.stage.classList.add("empty");
  page.welcome.hidden = false;
  for (const element of [page.picture, page.controls, page.profile]) element.hidden = true;
  page.facts.textContent = "";
}

/** Shows a photograph with the colours that it has. Throws UnreadableFile. */
export async function showPhoto(photo: Photo): Promise<void> {
  const number = ++latest;
  if (shown?.photo !== photo) {
    const original = photo.image ?? (await readImage(photo.source, photo.name));
    if (number !== latest) return;
    if (shown) shown.photo.image = undefined;
    photo.image = original;
    shown = { photo, original };
    page.profile.open = false;
  }
  const { original, canvas } = shown!;
  const coloured = await draw(photo, canvas ?? document.createElement("canvas"));
  if (number !== latest) return;
  if (!coloured) return showWaiting(original);
  const first = shown!.canvas === undefined;
  shown!.canvas = coloured;
  if (first || !coloured.isConnected) showComparison(original, coloured);
  page.facts.textContent = photo.facts;
}

/** Draws the colours that a photograph has; undefined where it has none. */
async function draw(photo: Photo, canvas: HTMLCanvasElement): Promise<HTMLCanvasElement | undefined> {
  if (photo.colours) return photo.colours.result.canvas(canvas);
  if (!photo.saved) return undefined;
  const bitmap = await createImageBitmap(photo.saved.file, { imageOrientation: "none" });
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

/** The original, waiting for its colours. */
function showWaiting(original: HTMLImageElement): void {
  show(original, original);
  page.picture.classList.add("waiting");
  page.controls.hidden = page.profile.hidden = true;
  page.facts.textContent = "";
}

/** The original and the coloured picture, with a slider between them. */
function showComparison(original: HTMLImageElement, canvas: HTMLCanvasElement): void {
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
  show(original, slider);
  page.picture.classList.remove("waiting");
  page.controls.hidden = page.profile.hidden = false;
}

/** Shows one thing on the stage, of the size that the original has there. */
function show({ naturalWidth, naturalHeight }: HTMLImageElement, content: HTMLElement): void {
  document.body.classList.add("with-picture");
  page.stage.classList.remove("empty");
  page.welcome.hidden = true;
  page.picture.hidden = false;
  page.picture.style.setProperty("--aspect", String(naturalWidth / naturalHeight));
  page.picture.replaceChildren(content);
}
