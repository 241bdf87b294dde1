/** The picture on the stage: nothing, an original that waits for its colours, or both with a slider between them. */
import "../src/element";
import type { ColorizeResult } from "../src/index";
import type { Photo } from "./album";
import { usesProcessor } from "./models";
import { readImage } from "./photograph";
import { pins } from "./pins";
import { readPage } from "./tiff";
import { page } from "./view";

/** Percent of the width that shows the original at first. */
const DIVIDER = 35;
/** Of one click on a button. */
const ZOOM_STEP = 1.5;

const { picture } = page;

/** What is there once the photograph is in colour. */
const FOR_COLOURS = [page.controls, page.turning, page.working, page.profile, page.hold, page.tint];

/** What of the controls is about colours. They keep their place, and another photograph can be chosen at any time. */
const ADJUSTING = page.controls.querySelectorAll<HTMLElement>(":scope > :not(.buttons), .buttons > :not(#another)");

function showControls(on: boolean): void {
  for (const element of FOR_COLOURS) element.hidden = !on;
  for (const element of ADJUSTING) element.inert = !on;
}

let shown: Photo | undefined;

/** The photograph on the stage, which may be another than the open one while that is read. */
export function onStage(): Photo | undefined {
  return shown;
}

/** Whether its colours are on show. */
let inColour = false;
/** Photographs are numbered as they are shown: one that decodes late does not replace a newer one. */
let latest = 0;

picture.texts = { compare: "Divider between the original and the coloured picture" };

/** The empty page, with pictures to try first. */
export function showWelcome(): void {
  latest++;
  if (shown) shown.image = undefined;
  shown = undefined;
  pins.show(undefined);
  picture.replaceChildren();
  document.body.classList.remove("with-picture");
  page.trying.after(page.settings);
  page.stage.classList.add("empty");
  page.welcome.hidden = false;
  picture.hidden = page.closer.hidden = true;
  hideControls();
}

/** Shows a photograph with the colours that it has. Throws UnreadableFile. */
export async function showPhoto(photo: Photo): Promise<void> {
  const number = ++latest;
  if (shown !== photo || !photo.image) {
    await readPage(photo);
    const image = photo.image ?? (await readImage(photo.source, photo.name));
    if (number !== latest) return;
    if (shown) shown.image = undefined;
    photo.image = image;
    shown = photo;
    page.profile.open = false;
    showOriginal(image);
    pins.show(photo);
    await new Promise((resolve) => setTimeout(resolve)); // until it has its place on the page
    if (number !== latest) return;
  }
  const coloured = photo.colours?.result ?? photo.saved?.file;
  if (!coloured) return;
  const { model } = (photo.colours ?? photo.saved)!.settings;
  try {
    await picture.show(coloured);
  } catch (error) {
    if (number !== latest) return; // another photograph took its place
    throw error;
  }
  if (number !== latest) return;
  showColours();
  photo.image!.alt = `${photo.name}, in colour`;
  showControls(true);
  page.profile.hidden = usesProcessor(); // which has no steps to show
  page.made.textContent = `Coloured by ${model}`;
  page.facts.textContent = photo.facts;
}

/** Shows a first picture of a photograph that is on the stage and has no colours yet. Where that fails, the stage waits for the last one. */
export function showFirst(photo: Photo, first: ColorizeResult): void {
  if (photo !== shown || photo.colours || photo.saved) return;
  const number = latest;
  picture.show(first).then(
    () => number === latest && showColours(),
    () => undefined,
  );
}

/** Shows whether the photograph on the stage waits for its first colours. */
export function showWaiting(waiting: boolean): void {
  picture.classList.toggle("waiting", waiting && !inColour);
}

/** The picture is in colour from now on. */
function showColours(): void {
  if (!inColour) picture.comparePosition = DIVIDER;
  inColour = true;
  picture.classList.remove("waiting");
}

/** The original, waiting for its colours. What can be set comes before other pictures from now on. */
function showOriginal(image: HTMLImageElement): void {
  if (!document.body.classList.contains("with-picture")) page.trying.before(page.settings);
  document.body.classList.add("with-picture");
  page.stage.classList.remove("empty");
  page.welcome.hidden = true;
  picture.hidden = page.closer.hidden = false;
  const aspect = image.naturalWidth / image.naturalHeight;
  page.stage.style.setProperty("--aspect", String(aspect));
  page.stage.classList.toggle("upright", aspect < 1);
  picture.replaceChildren(image);
  inColour = false;
  picture.classList.add("waiting");
  hideControls();
}

/** Hides what is about colours, while the open photograph has none. */
export function hideControls(): void {
  showControls(false);
  page.made.textContent = page.facts.textContent = "";
}

/** Shows the original alone while `held`. */
function hold(held: boolean): void {
  picture.comparing = held;
  page.hold.setAttribute("aria-pressed", String(held));
}

picture.addEventListener("zoomchange", ({ detail: scale }) => {
  page.zoomFull.textContent = scale > 1 ? "Fit" : "100 %";
  page.zoomOut.disabled = scale <= 1;
});
page.zoomIn.addEventListener("click", () => (picture.zoom *= ZOOM_STEP));
page.zoomOut.addEventListener("click", () => (picture.zoom /= ZOOM_STEP));
page.zoomFull.addEventListener("click", () => picture.toggleZoom());
page.hold.addEventListener("pointerdown", (event) => {
  page.hold.setPointerCapture(event.pointerId);
  hold(true);
});
for (const end of ["pointerup", "pointercancel", "blur", "keyup"]) page.hold.addEventListener(end, () => hold(false));
page.hold.addEventListener("keydown", (event) => {
  if (event.key !== " " && event.key !== "Enter") return;
  event.preventDefault(); // no click
  hold(true);
});
// A screen reader clicks without a pointer or key: each click changes sides.
page.hold.addEventListener("click", ({ detail }) => {
  if (detail === 0) hold(!picture.comparing);
});
page.hold.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a touch screen
