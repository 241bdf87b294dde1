/** The colours that the visitor set, as pins on the open photograph. */
import type { Place } from "../src/index";
import type { Photo } from "./album";
import { element } from "./make-element";
import { page } from "./view";

/** Of the window, in CSS pixels. */
type Point = Pick<MouseEvent, "clientX" | "clientY">;

/** CSS pixels around a pin that mean it. */
const NEAR = 18;

class Pins {
  /** On the picture, with which it is zoomed and moved. */
  readonly #layer = element("div", "", { className: "pins", slot: "overlay" });
  /** Whether pins are shown and the visitor sets colours. */
  #on = false;
  #photo: Photo | undefined;
  /** The place that the controls are about: that of a pin, or a new one without a colour yet. */
  #chosen: number | Place | undefined;
  /** Called when something else is shown. */
  onShow: () => void = () => {};

  get on(): boolean {
    return this.#on;
  }
  set on(on: boolean) {
    this.#on = on;
    this.#chosen = undefined;
    this.#draw();
  }

  /** The photograph whose pins are shown. */
  get photo(): Photo | undefined {
    return this.#photo;
  }

  get chosen(): number | Place | undefined {
    return this.#chosen;
  }
  /** The index of a hint, a place without one, or nothing. */
  choose(chosen: number | Place | undefined): void {
    this.#chosen = chosen;
    this.#draw();
  }

  /** Shows the hints of a photograph. One that is gone is no longer chosen. */
  show(photo: Photo | undefined): void {
    const gone = typeof this.#chosen === "number" && this.#chosen >= (photo?.settings.now.hints.length ?? 0);
    if (photo !== this.#photo || gone) this.#chosen = undefined;
    this.#photo = photo;
    this.#draw();
  }

  /** Width and height of the photograph in pixels; undefined while it is not on the stage. */
  get size(): { readonly width: number; readonly height: number } | undefined {
    const { image } = this.#photo ?? {};
    return image && { width: image.naturalWidth, height: image.naturalHeight };
  }

  /** The place of the photograph under a point of the window, or the index of a pin that lies there. */
  at({ clientX, clientY }: Point): number | Place | undefined {
    const { size } = this;
    if (!size) return undefined;
    const distances = [...this.#layer.children].map((pin) => {
      const { left, top, width, height } = pin.getBoundingClientRect();
      return Math.hypot(left + width / 2 - clientX, top + height / 2 - clientY);
    });
    const nearest = distances.indexOf(Math.min(...distances));
    if (nearest >= 0 && distances[nearest]! <= NEAR) return nearest < this.#hints.length ? nearest : this.#chosen;
    const place = this.under({ clientX, clientY }, size);
    const inside = place.x >= 0 && place.x < size.width && place.y >= 0 && place.y < size.height;
    return inside ? place : undefined;
  }

  /** The place under a point of the window, which may be outside of the photograph of this size. */
  under({ clientX, clientY }: Point, size: { readonly width: number; readonly height: number }): Place {
    const { left, top, width, height } = this.#layer.getBoundingClientRect();
    return { x: ((clientX - left) / width) * size.width, y: ((clientY - top) / height) * size.height };
  }

  get #hints() {
    return this.#photo?.settings.now.hints ?? [];
  }

  #draw(): void {
    const focused = [...this.#layer.children].indexOf(document.activeElement!);
    this.#layer.replaceChildren();
    const { size } = this;
    if (this.#on && size) {
      if (this.#layer.parentElement !== page.picture) page.picture.append(this.#layer);
      const places = typeof this.#chosen === "object" ? [...this.#hints, this.#chosen] : this.#hints;
      places.forEach((place, i) => {
        const pin = element("button", "", { type: "button", className: "pin" });
        const color = "color" in place ? String(place.color) : undefined;
        pin.setAttribute("aria-label", color ? `Colour ${i + 1}: ${color}` : "New place, without a colour");
        pin.setAttribute("aria-pressed", String(this.#chosen === i || !color));
        pin.style.left = `${(100 * place.x) / size.width}%`;
        pin.style.top = `${(100 * place.y) / size.height}%`;
        if (color) pin.style.setProperty("--pin", color);
        this.#layer.append(pin);
      });
      const next = this.#layer.children[focused] ?? this.#layer.lastElementChild ?? page.tint;
      if (focused >= 0) (next as HTMLElement).focus();
    } else this.#layer.remove();
    this.onShow();
  }
}

export const pins = new Pins();
