/**
 * A look closer: zooms and pans the picture in its frame, by wheel, pinch, double tap and keyboard. (The usual library, panzoom, has a pinch
 * that does not keep the fingers on the picture.)
 */
import type { Size } from "../base/size";
import type { ElementParts } from "./parts";

/** The picture's scale, 1 where it fits, and the place of its centre from the frame's centre, in CSS pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

const FIT: View = { scale: 1, x: 0, y: 0 };
/** One key. */
const STEP = 1.5;
/** Of the larger of the picture's own size and fit. */
const LARGEST = 4;
const PAN_STEP = 60;

interface Sizes {
  readonly frame: Size;
  /** At scale 1. */
  readonly picture: Size;
}

interface Host {
  readonly parts: Pick<ElementParts, "frame" | "picture" | "handle">;
  /** Pixels of the photograph in its width. */
  pixels(): number;
  /** Called while there is another scale than 1, now or before. */
  changed(view: View, before: View): void;
  /** Called when a second finger begins a pinch: what the first one began ends. */
  pinching(): void;
  /** Called when a double click is about to zoom: what its clicks did is taken back. */
  doubled(): void;
}

/** The view nearest to `view` that leaves no more of the frame empty than the picture's size makes it. */
export function within({ scale, x, y }: View, { frame, picture }: Sizes): View {
  const keep = (at: number, inner: number, outer: number): number => {
    const most = Math.max(0, (inner * scale - outer) / 2);
    return Math.min(most, Math.max(-most, at));
  };
  return { scale, x: keep(x, picture.width, frame.width), y: keep(y, picture.height, frame.height) };
}

/** The view of another scale in which the point (px, py), from the frame's centre, shows the same part of the picture. */
export function scaledAbout({ scale, x, y }: View, to: number, px: number, py: number): View {
  const ratio = to / scale;
  return { scale: to, x: px - (px - x) * ratio, y: py - (py - y) * ratio };
}

export class Zoom {
  readonly #host: Host;
  readonly #pointers = new Map<number, PointerEvent>();
  #on = false;
  #view = FIT;

  constructor(host: Host) {
    this.#host = host;
    const { frame } = host.parts;
    frame.addEventListener("wheel", (event) => this.#on && this.#wheel(event), { passive: false });
    frame.addEventListener("dblclick", (event) => {
      if (!this.#on) return;
      host.doubled();
      this.#toggleAt(...this.#fromCentre(event));
    });
    frame.addEventListener("keydown", (event) => this.#on && this.#key(event));
    // Before the comparison, which does not get what this takes.
    frame.addEventListener("pointerdown", (event) => this.#on && this.#down(event), { capture: true });
    frame.addEventListener("pointermove", (event) => this.#move(event), { capture: true });
    for (const end of ["pointerup", "pointercancel"] as const)
      frame.addEventListener(end, ({ pointerId }) => this.#pointers.delete(pointerId), { capture: true });
    // Otherwise two fingers zoom or scroll the page.
    const keep = (event: TouchEvent): void => {
      if (this.#on && event.touches.length > 1) event.preventDefault();
    };
    for (const type of ["touchstart", "touchmove"] as const)
      frame.addEventListener(type, keep, { capture: true, passive: false });
    if (typeof ResizeObserver !== "undefined") new ResizeObserver(() => this.#show(this.#view)).observe(frame);
  }

  /** Lets people zoom, in a frame of this name, or shows the whole picture and does not. */
  update(on: boolean, name: string): void {
    const { frame } = this.#host.parts;
    if (on) frame.setAttribute("aria-label", name);
    if (on === this.#on) return;
    this.#on = on;
    frame.classList.toggle("zoomable", on);
    if (on) {
      frame.setAttribute("role", "group");
      frame.tabIndex = 0;
    } else for (const attribute of ["role", "tabindex", "aria-label"]) frame.removeAttribute(attribute);
    this.#pointers.clear();
    this.fit();
  }

  get view(): View {
    return this.#view;
  }

  fit(): void {
    this.#show(FIT);
  }

  /** Zooms about the frame's centre, as far as people can. */
  scaleTo(scale: number): void {
    this.#scaleTo(scale, 0, 0);
  }

  /** Between fit and the scale at which a pixel of the photograph is one of the screen; where that is fit, twice its size. */
  toggle(): void {
    this.#toggleAt(0, 0);
  }

  #toggleAt(px: number, py: number): void {
    if (this.#view.scale > 1) return this.fit();
    const full = this.#fullScale();
    this.#scaleTo(full > 1.05 ? full : 2, px, py);
  }

  /** The scale at which a pixel of the photograph is a pixel of the screen. */
  #fullScale(): number {
    return this.#host.pixels() / (this.#sizes().picture.width * devicePixelRatio);
  }

  #sizes(): Sizes {
    const { frame, picture } = this.#host.parts;
    return {
      frame: { width: frame.clientWidth, height: frame.clientHeight },
      picture: { width: Math.max(1, picture.offsetWidth), height: Math.max(1, picture.offsetHeight) },
    };
  }

  #allowed(scale: number): number {
    return Math.min(LARGEST * Math.max(1, this.#fullScale()), Math.max(1, scale));
  }

  #scaleTo(scale: number, px: number, py: number): void {
    this.#show(scaledAbout(this.#view, this.#allowed(scale), px, py));
  }

  #show(view: View): void {
    const { frame, picture } = this.#host.parts;
    const before = this.#view;
    const { scale, x, y } = (this.#view = within(view, this.#sizes()));
    picture.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    frame.classList.toggle("zoomed", scale > 1);
    frame.style.setProperty("--scale", String(scale));
    frame.style.setProperty("--pan-y", `${y}px`);
    if (scale > 1 || before.scale > 1) this.#host.changed(this.#view, before);
  }

  /** The place of a pointer from the frame's centre. */
  #fromCentre({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): [number, number] {
    const { left, top, width, height } = this.#host.parts.frame.getBoundingClientRect();
    return [clientX - left - width / 2, clientY - top - height / 2];
  }

  /** The wheel zooms; but where nothing is zoomed it goes on scrolling the page, down, and up unless the page is at its top. */
  #wheel(event: WheelEvent): void {
    const { deltaY, deltaMode, ctrlKey, metaKey } = event;
    const free = deltaY < 0 && scrollY === 0;
    if (!(ctrlKey || metaKey || free || this.#view.scale > 1)) return;
    event.preventDefault();
    // A pinch on a trackpad comes as a wheel with ctrl, in smaller steps.
    const pixels = deltaY * (deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1) * (ctrlKey ? 5 : 1);
    this.#scaleTo(this.#view.scale * Math.exp(-pixels / 500), ...this.#fromCentre(event));
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { x, y, scale } = this.#view;
    const pan = (dx: number, dy: number): void => this.#show({ scale, x: x + dx * PAN_STEP, y: y + dy * PAN_STEP });
    const actions: Record<string, () => void> = {
      "+": () => this.scaleTo(scale * STEP),
      "=": () => this.scaleTo(scale * STEP),
      "-": () => this.scaleTo(scale / STEP),
      "0": () => this.fit(),
      "1": () => this.scaleTo(this.#fullScale()),
    };
    // On the slider, arrows move it.
    if (event.target === this.#host.parts.frame && scale > 1)
      Object.assign(actions, {
        ArrowLeft: () => pan(1, 0),
        ArrowRight: () => pan(-1, 0),
        ArrowUp: () => pan(0, 1),
        ArrowDown: () => pan(0, -1),
      });
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /** A pointer on the picture pans while zoomed, and two pinch. The slider stays the comparison's, as do buttons. */
  #down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const { frame, picture, handle } = this.#host.parts;
    const path = event.composedPath();
    const zoomed = this.#view.scale > 1;
    const onPicture = event.target === frame || path.includes(picture);
    if (!onPicture || (zoomed && this.#pointers.size === 0 && path.includes(handle))) return;
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size > 1) this.#host.pinching();
    if (!zoomed && this.#pointers.size === 1) return;
    frame.setPointerCapture(event.pointerId);
    frame.focus({ preventScroll: true });
    event.preventDefault(); // no selection, no dragging of an <img>
    event.stopPropagation();
  }

  #move(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    if (event.buttons === 0) return void this.#pointers.delete(event.pointerId); // released outside the frame, unseen
    const other = [...this.#pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    const { scale, x, y } = this.#view;
    this.#pointers.set(event.pointerId, event);
    if (!other) {
      if (scale > 1)
        this.#show({ scale, x: x + event.clientX - before.clientX, y: y + event.clientY - before.clientY });
      return;
    }
    // Both fingers stay on the parts of the picture that they touched.
    const distance = (to: PointerEvent): number => Math.hypot(to.clientX - other.clientX, to.clientY - other.clientY);
    const middle = (of: PointerEvent): [number, number] =>
      this.#fromCentre({ clientX: (of.clientX + other.clientX) / 2, clientY: (of.clientY + other.clientY) / 2 });
    const [fromX, fromY] = middle(before);
    const [toX, toY] = middle(event);
    const moved = { scale, x: x + toX - fromX, y: y + toY - fromY };
    const to = this.#allowed((scale * distance(event)) / Math.max(1, distance(before)));
    this.#show(scaledAbout(moved, to, toX, toY));
  }
}
