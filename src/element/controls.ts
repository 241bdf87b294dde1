/** The controls below the picture: start or stop, saturation, warmth, reset, save. */
import { SATURATION, WARMTH, type NumberOption } from "../base/option-checks";
import { part } from "./parts";
import { textOf, type ColorizeTexts } from "./texts";

/** What the controls change. */
export interface Controlled {
  saturation: number;
  warmth: number;
  readonly state: "idle" | "loading" | "ready" | "error";
  readonly result: object | null;
  colorize(): Promise<unknown>;
  abort(): void;
  download(): Promise<void>;
}

/** The end of the sliders while the attribute is not larger. */
const USUAL_END = 2;

export class Controls {
  readonly #target: Controlled;
  readonly #toolbar: HTMLElement;
  readonly #action = part("button", "action");
  readonly #reset = part("button", "reset");
  readonly #save = part("button", "save");
  readonly #buttons = document.createElement("div");
  readonly #saturation: Slider;
  readonly #warmth: Slider;

  constructor(toolbar: HTMLElement, target: Controlled) {
    this.#toolbar = toolbar;
    this.#target = target;
    this.#saturation = new Slider("saturation", SATURATION, target);
    this.#warmth = new Slider("warmth", WARMTH, target);
    for (const button of [this.#action, this.#reset, this.#save]) button.type = "button";
    // What fails is reported by the element's `error` event.
    this.#action.addEventListener("click", () => {
      if (target.state === "loading") target.abort();
      else target.colorize().catch(() => undefined);
    });
    this.#reset.addEventListener("click", () => {
      target.saturation = 1;
      target.warmth = 0;
    });
    this.#save.addEventListener("click", () => {
      this.#save.disabled = true;
      target
        .download()
        .catch((error: unknown) => console.error(error))
        .finally(() => (this.#save.disabled = false));
    });
    toolbar.append(this.#action, this.#saturation.label, this.#warmth.label, this.#buttons);
    this.#buttons.append(this.#save, this.#reset);
  }

  /** Called for each change of the target's state, look or texts. `finished`: whether colorize() has nothing to do. */
  update(texts: ColorizeTexts, finished: boolean): void {
    const { state, result, saturation, warmth } = this.#target;
    /** Whether there is something to change and to save. */
    const ready = state === "ready" && result !== null;
    this.#toolbar.setAttribute("aria-label", textOf(texts, "controls"));
    this.#action.textContent = textOf(texts, state === "loading" ? "stop" : state === "error" ? "retry" : "start");
    this.#reset.textContent = textOf(texts, "reset");
    this.#save.textContent = textOf(texts, "save");
    const focused = this.#focused();
    this.#action.hidden = finished;
    this.#buttons.hidden = this.#saturation.label.hidden = this.#warmth.label.hidden = !ready;
    this.#reset.disabled = saturation === 1 && warmth === 0;
    for (const slider of [this.#saturation, this.#warmth]) slider.update(texts);
    // The focus goes on to a control that stays.
    const gone = focused?.checkVisibility() === false || (focused === this.#reset && this.#reset.disabled);
    if (gone) (finished ? this.#saturation.input : this.#action).focus();
  }

  #focused(): Element | null {
    const root = this.#toolbar.getRootNode();
    const focused = root instanceof ShadowRoot ? root.activeElement : null;
    return this.#toolbar.contains(focused) ? focused : null;
  }
}

class Slider {
  readonly label = document.createElement("label");
  readonly #text = document.createElement("span");
  readonly input = document.createElement("input");
  /** What the slider says, to see. */
  readonly #value = document.createElement("span");
  readonly #name: "saturation" | "warmth";
  readonly #most: number;
  readonly #target: Controlled;
  #texts: ColorizeTexts = {};

  constructor(name: "saturation" | "warmth", { least, most }: NumberOption, target: Controlled) {
    this.#name = name;
    this.#most = most;
    this.#target = target;
    this.input.type = "range";
    this.input.setAttribute("part", name);
    this.input.min = String(least);
    this.input.step = "0.05";
    this.input.addEventListener("input", () => {
      this.#target[name] = this.input.valueAsNumber;
      this.#say();
    });
    this.#value.className = "value";
    this.#value.setAttribute("aria-hidden", "true");
    this.label.append(this.#text, this.input, this.#value);
  }

  update(texts: ColorizeTexts): void {
    this.#texts = texts;
    this.#text.textContent = textOf(texts, this.#name);
    const value = this.#target[this.#name];
    if (!Number.isNaN(value)) {
      this.input.max = String(Math.min(this.#most, Math.max(USUAL_END, value)));
      this.input.valueAsNumber = value;
    }
    this.#say();
  }

  #say(): void {
    const value = Math.round(100 * this.input.valueAsNumber);
    const text = textOf(this.#texts, "percent", { value });
    this.input.setAttribute("aria-valuetext", text);
    this.#value.textContent = text;
  }
}
