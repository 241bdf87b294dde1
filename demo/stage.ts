/** The picture on the stage: nothing, an original that waits for its colours, or both with a slider between them. */
import "img-comparison-slider";
import "img-comparison-slider/dist/styles.css";
import type { Photo } from "./album";
import { readImage } from "./photograph";
import { page } from "./view";
import { Zoom, type View } from "./zoom";

interface Shown {
  readonly photo: Photo;
  readonly original: HTMLImageElement;
  /** The coloured picture at full size; undefined while there is none. */
  canvas?: HTMLCanvasElement;
}

let shown: Shown | undefined;
/** Photographs are numbered as they are shown: one that decodes late does not replace a newer one. */
let latest = 0;

type Slider = HTMLElement & { value: number };

/** The slider between both pictures, while there are two. */
let slider: Slider | undefined;
/** The divider's place from the stage's centre in CSS pixels, which zooming does not move. */
let divider = 0;

const zoom = new Zoom(
  page.picture,
  {
    isAt({ clientX, clientY }) {
      const box = slider?.querySelector(".handle")?.getBoundingClientRect();
      return !!box && clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
    },
    move(px) {
      divider = px;
      placeDivider(zoom.view);
    },
  },
  followView,
);

/** The empty page. */
export function showWelcome(): void {
  latest++;
  if (shown) shown.photo.image = undefined;
  shown = undefined;
  document.body.classList.remove("with-picture");
  page.stage.classList.add("empty");
  page.welcome.hidden = false;
  for (const element of [page.picture, page.controls, page.profile, page.closer]) element.hidden = true;
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
  slider = undefined;
  show(original, original);
  page.picture.classList.add("waiting");
  page.controls.hidden = page.profile.hidden = page.hold.hidden = true;
  page.facts.textContent = "";
}

/** The original and the coloured picture, with a slider between them. */
function showComparison(original: HTMLImageElement, canvas: HTMLCanvasElement): void {
  slider = document.createElement("img-comparison-slider") as Slider;
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
  slider.addEventListener("slide", () => moveDivider(slider!.value));
  show(original, slider);
  page.picture.classList.remove("waiting");
  page.controls.hidden = page.profile.hidden = page.hold.hidden = false;
}

/** Shows one thing on the stage, of the size that the original has there. */
function show({ naturalWidth, naturalHeight }: HTMLImageElement, content: HTMLElement): void {
  const same = page.picture.contains(shown!.original);
  document.body.classList.add("with-picture");
  page.stage.classList.remove("empty");
  page.welcome.hidden = true;
  page.picture.hidden = page.closer.hidden = false;
  page.picture.style.setProperty("--aspect", String(naturalWidth / naturalHeight));
  page.picture.replaceChildren(content);
  zoom.attach(content, naturalWidth, same);
  if (slider) moveDivider(slider.value);
}

function moveDivider(percent: number): void {
  const { scale, x } = zoom.view;
  divider = x + (percent / 100 - 0.5) * slider!.offsetWidth * scale;
  markEnds();
}

/** At an end, neither a rest of the divider nor of the original lies over the picture. */
function markEnds(): void {
  slider!.classList.toggle("at-start", slider!.value <= 0);
  slider!.classList.toggle("at-end", slider!.value >= 100);
}

let scaleBefore = 1;

/** Keeps the divider and its handle in sight, and of one size, while the picture is zoomed and moved under them. */
function followView(view: View): void {
  const { scale, y } = view;
  page.zoomFull.textContent = scale > 1 ? "Fit" : "100 %";
  page.zoomOut.disabled = scale <= 1;
  const zoomed = scale > 1 || scaleBefore > 1;
  scaleBefore = scale;
  if (!slider) return;
  slider.style.setProperty("--zoom", String(scale));
  slider.style.setProperty("--handle-y", `${-y / scale}px`);
  if (zoomed) placeDivider(view);
  else moveDivider(slider.value);
}

function placeDivider({ scale, x }: View): void {
  if (!slider) return;
  slider.value = Math.min(100, Math.max(0, 50 + (100 * (divider - x)) / (slider.offsetWidth * scale)));
  markEnds();
}

/** Shows the original alone while `held`. */
let valueBefore: number | undefined;
function showOriginal(held: boolean): void {
  if (!slider || held === (valueBefore !== undefined)) return;
  if (held) [valueBefore, slider.value] = [slider.value, 100];
  else [slider.value, valueBefore] = [valueBefore!, undefined];
  markEnds();
  page.hold.setAttribute("aria-pressed", String(held));
}

page.zoomIn.addEventListener("click", () => zoom.in());
page.zoomOut.addEventListener("click", () => zoom.out());
page.zoomFull.addEventListener("click", () => zoom.toggle());
page.hold.addEventListener("pointerdown", (event) => {
  page.hold.setPointerCapture(event.pointerId);
  showOriginal(true);
});
for (const end of ["pointerup", "pointercancel", "blur", "keyup"])
  page.hold.addEventListener(end, () => showOriginal(false));
page.hold.addEventListener("keydown", ({ key }) => {
  if (key === " " || key === "Enter") showOriginal(true);
});
page.hold.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a touch screen
