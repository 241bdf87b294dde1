/** Shows the state of a <colorize-canvas> in its shadow tree. */
import type { EngineError } from "../base/errors";
import type { ColorizeState } from "./events";
import type { ElementParts } from "./parts";
import type { Origin } from "./photograph";
import { progressText, type ColorizeProgress } from "./progress";
import { errorText, textOf, type ColorizeTexts } from "./texts";

interface View {
  readonly state: ColorizeState;
  /** Whether the coloured picture is shown. */
  readonly coloured: boolean;
  /** Whether the photograph is there to see. */
  readonly decoded: boolean;
  /** Whether the built-in controls are asked for. */
  readonly controls: boolean;
  readonly error: EngineError | null;
}

export function showState(parts: ElementParts, view: View, texts: ColorizeTexts): void {
  const { frame, poster, progress, status, failure, error, controls } = parts;
  const loading = view.state === "loading";
  const posted = !view.decoded && poster.assignedNodes().length > 0;
  frame.classList.toggle("grey", loading && !view.coloured);
  frame.classList.toggle("coloured", view.coloured);
  frame.classList.toggle("with-picture", view.decoded);
  frame.classList.toggle("posted", posted);
  frame.setAttribute("aria-busy", String(loading));
  poster.hidden = !posted;
  if (!view.coloured) parts.canvas.clear();
  parts.canvas.element.hidden = !view.coloured;
  status.setAttribute("aria-label", textOf(texts, "progress"));
  if (progress.hidden && loading) setProgress(status, textOf(texts, "loading"), 0);
  progress.hidden = !loading;
  const message = view.error ? errorText(texts, view.error) : "";
  if (error.textContent !== message) error.textContent = message;
  failure.hidden = !isExplained(view, failure, texts);
  controls.hidden = !view.controls && controls.assignedNodes().length === 0;
}

/**
 * Whether to show the error. A photograph in a browser that cannot colour stays as it was, without a word, unless the page has words for that or
 * offers controls.
 */
function isExplained({ error, decoded, controls }: View, slot: HTMLSlotElement, texts: ColorizeTexts): boolean {
  if (!error) return false;
  const words = slot.assignedNodes().length > 0 || texts[`error-${error.code}`] !== undefined;
  return error.code !== "device" || !decoded || controls || words;
}

/** Gives the picture one name for screen readers: on the original until the coloured canvas is there, then on the canvas; an <img> of the page keeps its own. */
export function nameParts(parts: ElementParts, alt: string, coloured: boolean, origin: Origin | undefined): void {
  const slotted = origin !== undefined && "slotted" in origin;
  const named = coloured && !slotted;
  parts.img.alt = named ? "" : alt;
  nameCanvas(parts.still, named ? "" : alt);
  nameCanvas(parts.canvas.element, named ? alt : "");
}

/** An empty name hides the canvas from screen readers. */
function nameCanvas(canvas: HTMLCanvasElement, name: string): void {
  if (name) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    canvas.removeAttribute("aria-hidden");
  } else {
    canvas.removeAttribute("role");
    canvas.removeAttribute("aria-label");
    canvas.setAttribute("aria-hidden", "true");
  }
}

export function showProgress({ status }: ElementParts, texts: ColorizeTexts, progress: ColorizeProgress): void {
  setProgress(status, progressText(texts, progress), progress.fraction);
}

/** `fraction` is 0 to 1. */
function setProgress(status: HTMLElement, text: string, fraction: number): void {
  if (status.textContent !== text) status.textContent = text;
  status.setAttribute("aria-valuetext", text);
  status.style.setProperty("--done", `${100 * fraction}%`);
  status.setAttribute("aria-valuenow", String(Math.round(100 * fraction)));
}
