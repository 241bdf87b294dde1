/**
 * A look closer: zooms and pans what lies in a viewport, by wheel, pinch, double tap, keyboard and buttons. (The usual library, panzoom, has
 * a pinch that does not keep the fingers on the picture.)
 */

/** The content's scale, 1 where it fits, and the place of its centre from the viewport's centre, in CSS pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

const FIT: View = { scale: 1, x: 0, y: 0 };
/** One click on a button, or one key. */
const STEP = 1.5;
/** Of the larger of "100 %" and fit. */
const LARGEST = 4;
const PAN_STEP = 60;

interface Sizes {
  readonly viewport: { readonly width: number; readonly height: number };
  /** At scale 1. */
  readonly content: { readonly width: number; readonly height: number };
}

/** The view nearest to `view` that leaves no more of the viewport empty than the content's size makes it. */
export function within({ scale, x, y }: View, { viewport, content }: Sizes): View {
  const keep = (at: number, inner: number, outer: number): number => {
    const most = Math.max(0, (inner * scale - outer) / 2);
    return Math.min(most, Math.max(-most, at));
  };
  return { scale, x: keep(x, content.width, viewport.width), y: keep(y, content.height, viewport.height) };
}

/** The view of another scale in which the point (px, py), from the viewport's centre, shows the same part of the content. */
export function scaledAbout({ scale, x, y }: View, to: number, px: number, py: number): View {
  const ratio = to / scale;
  return { scale: to, x: px - (px - x) * ratio, y: py - (py - y) * ratio };
}

export class Zoom {
  readonly #viewport: HTMLElement;
  readonly #onChange: (view: View) => void;
  /** While zoomed: whether a pointer goes down on the divider's handle, and what moves it then, to a place from the viewport's centre. */
  readonly #isHandle: (event: PointerEvent) => boolean;
  readonly #moveHandle: (px: number) => void;
  #onHandle: number | undefined;
  readonly #pointers = new Map<number, PointerEvent>();
  #content: HTMLElement | undefined;
  /** Pixels of the picture in its width. */
  #pixels = 0;
  #view = FIT;

  constructor(
    viewport: HTMLElement,
    handle: { readonly isAt: (event: PointerEvent) => boolean; readonly move: (px: number) => void },
    onChange: (view: View) => void,
  ) {
    this.#viewport = viewport;
    this.#isHandle = handle.isAt;
    this.#moveHandle = handle.move;
    this.#onChange = onChange;
    viewport.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    viewport.addEventListener("dblclick", (event) => this.#toggleAt(...this.#fromCentre(event)));
    viewport.addEventListener("keydown", (event) => this.#key(event));
    viewport.addEventListener("pointerdown", (event) => this.#down(event), { capture: true });
    viewport.addEventListener("pointermove", (event) => this.#move(event));
    for (const end of ["pointerup", "pointercancel"] as const)
      viewport.addEventListener(end, ({ pointerId }) => {
        this.#pointers.delete(pointerId);
        if (this.#onHandle === pointerId) this.#onHandle = undefined;
      });
    // What a finger or a mouse does while zoomed, and what two fingers do, is not the content's.
    const keep = (event: MouseEvent | TouchEvent): void => {
      const two = "touches" in event && event.touches.length > 1;
      if (this.#view.scale > 1 || two) event.stopPropagation();
      if (two) event.preventDefault();
    };
    for (const type of ["mousedown", "touchstart", "touchmove"] as const)
      viewport.addEventListener(type, keep, { capture: true, passive: false });
    new ResizeObserver(() => this.#show(this.#view)).observe(viewport);
  }

  /** Zooms this from now on, which shows a picture that is `pixels` wide; at fit unless it is the same picture. */
  attach(content: HTMLElement, pixels: number, same: boolean): void {
    this.#content = content;
    this.#pixels = pixels;
    this.#show(same ? this.#view : FIT);
  }

  get view(): View {
    return this.#view;
  }

  /** The scale at which a pixel of the picture is a pixel of the screen. */
  get fullScale(): number {
    return this.#pixels / (this.#sizes().content.width * devicePixelRatio);
  }

  in(): void {
    this.#scaleTo(this.#view.scale * STEP);
  }

  out(): void {
    this.#scaleTo(this.#view.scale / STEP);
  }

  fit(): void {
    this.#show(FIT);
  }

  /** Between 100 % and fit. */
  toggle(): void {
    this.#toggleAt(0, 0);
  }

  #toggleAt(px: number, py: number): void {
    if (this.#view.scale > 1) this.fit();
    else this.#scaleTo(this.fullScale > 1.05 ? this.fullScale : 2, px, py);
  }

  #sizes(): Sizes {
    const { offsetWidth: width = 1, offsetHeight: height = 1 } = this.#content ?? {};
    return {
      viewport: { width: this.#viewport.clientWidth, height: this.#viewport.clientHeight },
      content: { width: Math.max(1, width), height: Math.max(1, height) },
    };
  }

  #scaleTo(scale: number, px = 0, py = 0): void {
    const largest = LARGEST * Math.max(1, this.fullScale);
    this.#show(scaledAbout(this.#view, Math.min(largest, Math.max(1, scale)), px, py));
  }

  #show(view: View): void {
    if (!this.#content) return;
    this.#view = within(view, this.#sizes());
    const { scale, x, y } = this.#view;
    this.#content.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
    this.#viewport.classList.toggle("zoomed", scale > 1);
    this.#onChange(this.#view);
  }

  /** The place of a pointer from the viewport's centre. */
  #fromCentre({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): [number, number] {
    const { left, top, width, height } = this.#viewport.getBoundingClientRect();
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
      "+": () => this.in(),
      "=": () => this.in(),
      "-": () => this.out(),
      "0": () => this.fit(),
      "1": () => this.#scaleTo(this.fullScale),
    };
    // Inside, arrows move the divider.
    if (event.target === this.#viewport && scale > 1)
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

  #down(event: PointerEvent): void {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    const zoomed = this.#view.scale > 1;
    if (zoomed && this.#pointers.size === 0 && this.#isHandle(event)) this.#onHandle = event.pointerId;
    else this.#pointers.set(event.pointerId, event);
    if (zoomed || this.#pointers.size > 1) this.#viewport.setPointerCapture(event.pointerId);
  }

  #move(event: PointerEvent): void {
    if (event.pointerId === this.#onHandle) return this.#moveHandle(this.#fromCentre(event)[0]);
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.#pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
    const { scale, x, y } = this.#view;
    this.#pointers.set(event.pointerId, event);
    const other = others[0];
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
    const largest = LARGEST * Math.max(1, this.fullScale);
    const to = Math.min(largest, Math.max(1, (scale * distance(event)) / Math.max(1, distance(before))));
    this.#show(scaledAbout(moved, to, toX, toY));
  }
}
