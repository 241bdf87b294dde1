/** The states and events of <colorize-canvas>. */
import type { EngineError } from "../base/errors";
import type { ColorizeResult } from "../colorizer/result";
import type { ColorizeProgress } from "./progress";

/** idle: nothing is being coloured, because there is no photograph, it waits or it was stopped. */
export type ColorizeState = "idle" | "loading" | "ready" | "error";

export interface ColorizeCanvasEventMap {
  preview: CustomEvent<ColorizeResult>;
  load: CustomEvent<ColorizeResult>;
  error: CustomEvent<EngineError>;
  progress: CustomEvent<ColorizeProgress>;
  statechange: CustomEvent<ColorizeState>;
  zoomchange: CustomEvent<number>;
}

/** The element's own events, and those of every element. */
type AllEvents = ColorizeCanvasEventMap & Omit<HTMLElementEventMap, keyof ColorizeCanvasEventMap>;

/** addEventListener() and removeEventListener() with the types of these events. */
export interface Listen<Element, Options> {
  <K extends keyof AllEvents>(
    type: K,
    listener: (this: Element, event: AllEvents[K]) => void,
    options?: boolean | Options,
  ): void;
  (type: string, listener: EventListenerOrEventListenerObject, options?: boolean | Options): void;
}

export function send<K extends keyof ColorizeCanvasEventMap>(
  element: HTMLElement,
  type: K,
  detail: ColorizeCanvasEventMap[K]["detail"],
): void {
  element.dispatchEvent(new CustomEvent(type, { detail }));
}
