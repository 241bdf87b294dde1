/** Compares the coloured picture with the original: by a slider across the picture, or while the picture is pressed. */
import type { ElementParts } from "./parts";
import { textOf, type ColorizeTexts } from "./texts";
import type { View } from "./zoom";

export type CompareMode = "off" | "slider" | "hold";

interface Host {
  readonly parts: Pick<ElementParts, "frame" | "picture" | "handle" | "hold">;
  /** How the picture is zoomed and moved in the frame. */
  view(): View;
  /** Whether text runs from right to left, where the slider is mirrored. */
  rightToLeft(): boolean;
  /** Called when the original is shown in place of the coloured picture, and when no longer. */
  showsOriginal(shown: boolean): void;
}

/** The slider's first place, in percent. */
export const MIDDLE = 50;
/** Percent by which a key moves the slider. */
const STEP = 1;
const LARGE_STEP = 10;

export class Comparison {
  readonly #host: Host;
  #mode: CompareMode = "off";
  #texts: ColorizeTexts = {};
  /** Percent of the picture's width, from the side where text begins, that show the original. */
  #position = MIDDLE;
  /** The slider's place from the frame's centre in CSS pixels, to the right, which zooming does not move. */
  #place = 0;
  /** Whether a pointer or key is down. */
  #pressed = false;
  #shown = false;
  /** The position before the newest press, and before the first press of the newest click or double click. */
  #from = MIDDLE;
  #before = MIDDLE;
  /** Where a finger began that has not yet moved sideways. */
  #touched: { readonly x: number; readonly y: number } | undefined;

  constructor(host: Host) {
    this.#host = host;
    const { frame, handle, hold } = host.parts;
    frame.addEventListener("pointerdown", () => (this.#from = this.#position), { capture: true });
    frame.addEventListener("click", ({ detail }) => detail === 1 && (this.#before = this.#from));
    frame.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    frame.addEventListener("pointermove", (event) => this.#pointerMove(event));
    frame.addEventListener("pointerup", (event) => this.#pointerUp(event));
    for (const type of ["pointercancel", "lostpointercapture"]) frame.addEventListener(type, () => this.#release());
    // A long touch would open the menu of the picture.
    frame.addEventListener("contextmenu", (event) => this.#pressed && event.preventDefault());
    handle.addEventListener("keydown", (event) => this.#slideByKey(event));
    hold.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      this.#press();
    });
    hold.addEventListener("keyup", () => this.#release());
    hold.addEventListener("blur", () => this.#release());
    // A screen reader clicks without a pointer or key: each click changes sides.
    hold.addEventListener("click", (event) => {
      if (event.detail === 0) this.#showOriginal(hold.getAttribute("aria-pressed") !== "true");
    });
  }

  get position(): number {
    return this.#position;
  }
  set position(value: number) {
    this.#moveTo(value);
  }

  /** Whether the original is shown in place of the coloured picture. */
  get original(): boolean {
    return this.#shown;
  }
  set original(shown: boolean) {
    this.#showOriginal(shown);
  }

  /** Ends what a pointer began, for example because a second one pinches. */
  release(): void {
    this.#touched = undefined;
    this.#release();
  }

  /** Puts the slider back to where it was before a double click, which means something else. */
  takeBack(): void {
    this.#moveTo(this.#before);
  }

  /** Keeps the slider where it is in the frame while the picture is zoomed and moved under it. */
  follow({ scale, x }: View, before: View): void {
    if (before.scale === 1) this.#place = this.#placeIn(before);
    const across = 50 + (100 * (this.#place - x)) / (this.#width() * scale);
    this.#show(this.#mirrored(across));
  }

  /** Called for each change of these, and with the mode "off" where there is no coloured picture. */
  update(mode: CompareMode, coloured: boolean, texts: ColorizeTexts): void {
    const { frame, handle, hold } = this.#host.parts;
    this.#texts = texts;
    if (mode !== this.#mode || !coloured) {
      this.#release();
      this.#showOriginal(false);
    }
    this.#mode = mode;
    frame.classList.toggle("sliding", mode === "slider");
    frame.classList.toggle("holding", mode === "hold");
    handle.hidden = mode !== "slider";
    hold.hidden = mode !== "hold";
    handle.setAttribute("aria-label", textOf(texts, "compare"));
    hold.textContent = textOf(texts, "hold");
    this.#show(this.#position);
  }

  /** Of the picture, at scale 1. */
  #width(): number {
    return Math.max(1, this.#host.parts.picture.offsetWidth);
  }

  /** Percent from the left to percent from the side where text begins, and back. */
  #mirrored(percent: number): number {
    return this.#host.rightToLeft() ? 100 - percent : percent;
  }

  #moveTo(position: number): void {
    this.#show(position);
    this.#place = this.#placeIn(this.#host.view());
  }

  #placeIn({ scale, x }: View): number {
    return x + (this.#mirrored(this.#position) / 100 - 0.5) * this.#width() * scale;
  }

  #show(position: number): void {
    const { frame, handle } = this.#host.parts;
    this.#position = Math.min(100, Math.max(0, position));
    const value = Math.round(this.#position);
    frame.style.setProperty("--position", `${this.#position}%`);
    const sliding = this.#mode === "slider";
    frame.classList.toggle("at-start", sliding && this.#position === 0);
    frame.classList.toggle("at-end", sliding && this.#position === 100);
    handle.setAttribute("aria-valuenow", String(value));
    handle.setAttribute("aria-valuetext", textOf(this.#texts, "comparePosition", { value }));
  }

  #slideByKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const right = this.#host.rightToLeft() ? -step : step;
    const moves: Record<string, number> = {
      ArrowRight: right,
      ArrowLeft: -right,
      ArrowUp: step,
      ArrowDown: -step,
      PageUp: LARGE_STEP,
      PageDown: -LARGE_STEP,
      Home: -100,
      End: 100,
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.#moveTo(Math.round(this.#position) + move);
  }

  #slideTo(event: PointerEvent): void {
    const { left, width } = this.#host.parts.picture.getBoundingClientRect();
    if (width > 0) this.#moveTo(this.#mirrored((100 * (event.clientX - left)) / width));
  }

  /** A finger may be about to scroll the page, so it slides only once it moved sideways or was lifted. */
  #pointerDown(event: PointerEvent): void {
    if (this.#mode === "off" || event.button !== 0 || !event.isPrimary) return;
    const { frame, handle } = this.#host.parts;
    frame.setPointerCapture(event.pointerId);
    if (this.#mode === "hold") return this.#press();
    this.#pressed = true;
    this.#touched = event.pointerType === "touch" ? { x: event.clientX, y: event.clientY } : undefined;
    if (!this.#touched) this.#slideTo(event);
    handle.focus({ preventScroll: true });
    event.preventDefault(); // no selection, no dragging of the <img>
  }

  #pointerMove(event: PointerEvent): void {
    if (this.#mode !== "slider" || !this.#pressed || !event.isPrimary) return;
    if (this.#touched) {
      const [across, along] = [event.clientX - this.#touched.x, event.clientY - this.#touched.y].map(Math.abs);
      if (across! <= along!) return;
      this.#touched = undefined;
    }
    this.#slideTo(event);
  }

  #pointerUp(event: PointerEvent): void {
    if (!event.isPrimary) return;
    if (this.#mode === "slider" && this.#pressed) this.#slideTo(event);
    this.#release();
  }

  #press(): void {
    this.#pressed = true;
    this.#showOriginal(true);
  }

  #release(): void {
    if (!this.#pressed) return;
    this.#pressed = false;
    this.#showOriginal(false);
  }

  #showOriginal(shown: boolean): void {
    const { frame, hold } = this.#host.parts;
    hold.setAttribute("aria-pressed", String(shown));
    if (frame.classList.toggle("original-shown", shown) !== this.#shown) this.#host.showsOriginal(shown);
    this.#shown = shown;
  }
}
