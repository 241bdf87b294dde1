/** Setting colours at places of the open photograph: the controls, and what a click or a key on the picture does. */
import type { ColorHint, Place } from "../src/index";
import type { Photo } from "./album";
import { adjust, queue } from "./open-photo";
import { showLikely, startLikely } from "./likely";
import { element } from "./make-element";
import { pins } from "./pins";
import { page } from "./view";

const SWATCHES = {
  Skin: "#d8a687",
  Brown: "#7a5236",
  Red: "#b23a32",
  Orange: "#d9772e",
  Yellow: "#dcb84a",
  Green: "#5f8a3c",
  Blue: "#3f66b0",
  "Sky blue": "#8fb8e8",
  Violet: "#7d5aa6",
  Grey: "#8c8c8c",
} as const;

/** Radius of a hint, as a share of the photograph's longer side. */
const RADIUS = 0.01;
/** CSS pixels that a pointer may move in a click. */
const STILL = 6;
/** Shares of the longer side by which a key moves a pin. */
const STEP = 0.005;
const LARGE_STEP = 0.05;

/** Whether a pin follows the pointer. */
let dragging = false;

const hints = (): readonly ColorHint[] => pins.photo?.settings.now.hints ?? [];
const chosenHint = (): ColorHint | undefined => (typeof pins.chosen === "number" ? hints()[pins.chosen] : undefined);
const longer = (): number => Math.max(pins.size?.width ?? 1, pins.size?.height ?? 1);

/** All hints, when the chosen place gets these values; undefined where it does not become a hint by them. */
function hintsWith(values: Partial<ColorHint>): readonly ColorHint[] | undefined {
  const { chosen } = pins;
  if (typeof chosen === "number") return hints().map((hint, i) => (i === chosen ? { ...hint, ...values } : hint));
  if (chosen === undefined || values.color === undefined) return undefined;
  const spread = page.tintSpread.valueAsNumber;
  return [...hints(), { ...chosen, radius: RADIUS * longer(), spread, color: values.color }];
}

/** Gives the chosen place these values. `how`: as one step to undo, or while a slider moves. */
function change(values: Partial<ColorHint>, how: "set" | "slide"): void {
  const all = hintsWith(values);
  if (!all) return;
  adjust[how]({ hints: all });
  if (typeof pins.chosen === "object") pins.choose(all.length - 1);
}

/** Shows a swatch's colour at the chosen place while the mouse or the keyboard's focus is on it. A finger only presses. */
function previewOn(swatch: HTMLButtonElement): void {
  const show = (): void => {
    const all = swatch.disabled ? undefined : hintsWith({ color: swatch.value });
    if (all) void adjust.preview(all);
  };
  swatch.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && show());
  swatch.addEventListener("focus", () => swatch.matches(":focus-visible") && show());
  for (const end of ["pointerleave", "blur"]) swatch.addEventListener(end, () => void adjust.preview());
}

function remove(): void {
  const { chosen } = pins;
  if (typeof chosen === "number") adjust.set({ hints: hints().filter((_, i) => i !== chosen) });
  pins.choose(undefined);
}

function removeAll(): void {
  adjust.set({ hints: [] });
  pins.choose(undefined);
}

/** The present colour of a place, as "#rrggbb". */
function colourAt({ x, y }: Place): string | undefined {
  const result = pins.photo?.colours?.result;
  if (!result || !pins.size) return undefined;
  const column = Math.floor((x * result.width) / pins.size.width);
  const at = 4 * (Math.floor((y * result.height) / pins.size.height) * result.width + column);
  return `#${[...result.data.subarray(at, at + 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The photograph that was coloured again for these controls, since they are there. */
let again: Photo | undefined;

/** Of a photograph that was not open meanwhile only a file is left: what is likely, and a new hint, need its colours. */
function haveColours(photo: Photo | undefined): void {
  if (!photo || photo === again || photo.state !== "done" || photo.colours) return;
  again = photo;
  queue.coloursOf(photo).then(showControls, showControls); // the page says why it failed
}

function helpFor(hint: ColorHint | undefined): string {
  const { photo, chosen } = pins;
  if (hint) return "This place has this colour, which reaches as far as the region is even.";
  if (photo && !photo.colours && queue.isColouring(photo))
    return "The network looks at the photograph again for its likely colours. You may choose a place meanwhile.";
  if (chosen === undefined) return "Choose a place in the photograph, then its colour.";
  return `What colour was it here?${page.likely.hidden ? "" : " Likely ones come first."}`;
}

/** Shows what can be done with the chosen place. */
function showControls(): void {
  const { chosen, on } = pins;
  const hint = chosenHint();
  page.tint.setAttribute("aria-pressed", String(on));
  page.tintPanel.hidden = !on;
  page.controls.classList.toggle("tinting", on);
  page.picture.classList.toggle("tinting", on);
  page.picture.compare = on ? "off" : "slider";
  if (!on) {
    again = undefined;
    return void adjust.preview();
  }
  haveColours(pins.photo);
  const placed = hint ?? (typeof chosen === "object" ? chosen : undefined);
  // What is likely is a question to the network, asked once a dragged pin has its place.
  if (!dragging) void showLikely(pins.photo, placed, hint && String(hint.color));
  page.tintHelp.textContent = helpFor(hint);
  for (const button of page.swatches.querySelectorAll("button")) {
    button.disabled = chosen === undefined;
    button.setAttribute("aria-pressed", String(hint !== undefined && button.value === hint.color));
  }
  page.tintColour.disabled = chosen === undefined;
  page.tintSpread.disabled = page.tintRemove.disabled = !hint;
  page.tintRemoveAll.disabled = hints().length === 0;
  const spread = hint?.spread ?? 1;
  page.tintSpread.valueAsNumber = spread;
  page.tintSpreadValue.value = `${Math.round(100 * spread)} %`;
  const colour = hint?.color ?? (typeof chosen === "object" ? colourAt(chosen) : undefined);
  if (colour) page.tintColour.value = String(colour);
}

/** Chooses the pin or the place under the pointer. */
function press(event: MouseEvent): void {
  const place = pins.at(event);
  if (place !== undefined) pins.choose(place);
}

/** Moves the chosen pin, as far as the photograph goes. */
function put({ x, y }: Place): void {
  const { size, chosen } = pins;
  if (!size || chosen === undefined) return;
  const place = { x: Math.min(Math.max(x, 0), size.width - 1), y: Math.min(Math.max(y, 0), size.height - 1) };
  if (typeof chosen === "number") change(place, "slide");
  else pins.choose(place);
}

/** Whether a press and a later event of the pointer are so far apart that it was moved. */
function isMoved(down: MouseEvent, now: MouseEvent): boolean {
  return Math.hypot(now.clientX - down.clientX, now.clientY - down.clientY) > STILL;
}

/** Moves the pin under a pressed pointer with it, and not the picture. */
function drag(down: PointerEvent): void {
  const pin = pins.at(down);
  const { size } = pins;
  if (pin === undefined || !size || (typeof pin === "object" && pin !== pins.chosen)) return;
  down.stopPropagation();
  const end = new AbortController();
  const onMove = (now: PointerEvent): void => {
    if (now.pointerId !== down.pointerId || !(dragging ||= isMoved(down, now))) return;
    if (typeof pin === "number") pins.choose(pin);
    put(pins.under(now, size));
  };
  const onEnd = (now: PointerEvent): void => {
    if (now.pointerId !== down.pointerId) return;
    end.abort();
    adjust.settle();
    if (!dragging) return;
    dragging = false;
    showControls();
  };
  addEventListener("pointermove", onMove, end);
  for (const type of ["pointerup", "pointercancel"] as const) addEventListener(type, onEnd, end);
}

/** Moves or removes the pin that has the focus. */
function key(event: KeyboardEvent): void {
  const pin = (event.target as Element).closest(".pin");
  if (!pin || !pins.size) return;
  const index = [...pin.parentElement!.children].indexOf(pin);
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
  const removes = event.key === "Delete" || event.key === "Backspace";
  if (!removes && dx === 0 && dy === 0) return;
  event.preventDefault();
  const place = hints()[index] ?? (pins.chosen as Place);
  pins.choose(index < hints().length ? index : place);
  if (removes) return remove();
  const step = (event.shiftKey ? LARGE_STEP : STEP) * longer();
  put({ x: place.x + dx! * step, y: place.y + dy! * step });
}

export function startTinting(): void {
  pins.onShow = showControls;
  startLikely((color) => change({ color }, "set"));
  page.swatches.prepend(
    ...Object.entries(SWATCHES).map(([name, colour]) => {
      const button = element("button", "", { type: "button", value: colour, title: name });
      button.setAttribute("aria-label", name);
      button.style.setProperty("--pin", colour);
      button.addEventListener("click", () => change({ color: colour }, "set"));
      return button;
    }),
  );
  for (const swatch of page.tintPanel.querySelectorAll<HTMLButtonElement>(".swatches button")) previewOn(swatch);
  page.tint.addEventListener("click", () => (pins.on = !pins.on));
  document.addEventListener("keydown", ({ key, target }) => {
    if (key !== "Escape" || !pins.on || (target as Element).closest("dialog")) return;
    pins.on = false;
    page.tint.focus();
  });
  page.tintAdd.addEventListener("click", ({ detail }) => {
    if (!pins.size) return;
    pins.choose({ x: pins.size.width / 2, y: pins.size.height / 2 });
    if (detail === 0) page.picture.querySelector<HTMLElement>(".pins > :last-child")!.focus(); // by keys: they move it
  });
  page.tintRemove.addEventListener("click", remove);
  page.tintRemoveAll.addEventListener("click", removeAll);
  page.tintColour.addEventListener("input", () => change({ color: page.tintColour.value }, "slide"));
  page.tintSpread.addEventListener("input", () => change({ spread: page.tintSpread.valueAsNumber }, "slide"));
  for (const input of [page.tintColour, page.tintSpread]) input.addEventListener("change", () => adjust.settle());
  const { picture } = page;
  let down: MouseEvent | undefined;
  const onDown = (event: PointerEvent): void => {
    down = event;
    if (pins.on && event.isPrimary && event.button === 0) drag(event);
  };
  picture.addEventListener("pointerdown", onDown, { capture: true });
  picture.addEventListener("click", (event) => {
    const byKey = event.detail === 0;
    if (pins.on && (byKey || !down || !isMoved(down, event))) press(event);
  });
  picture.addEventListener("dblclick", (event) => pins.on && event.stopPropagation(), { capture: true }); // which zooms
  picture.addEventListener("keydown", (event) => pins.on && key(event));
  picture.addEventListener("keyup", () => adjust.settle());
}
