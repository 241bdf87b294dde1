/** The shadow tree of <colorize-canvas>. */
import { ColourCanvas } from "./colour-canvas";
import { addStyle } from "./style";

export interface ElementParts {
  readonly root: ShadowRoot;
  readonly frame: HTMLElement;
  /** What is zoomed and moved in the frame: the photograph, the coloured picture and the slider between them. */
  readonly picture: HTMLElement;
  /** Shows what the page puts in place of the photograph until that is there. */
  readonly poster: HTMLSlotElement;
  /** The default slot: an <img> of the page. */
  readonly slot: HTMLSlotElement;
  /** The original, if it has an address or is a file. */
  readonly img: HTMLImageElement;
  /** The original, if it was given as pixels. */
  readonly still: HTMLCanvasElement;
  readonly canvas: ColourCanvas;
  readonly handle: HTMLElement;
  readonly hold: HTMLButtonElement;
  readonly progress: HTMLSlotElement;
  readonly status: HTMLElement;
  readonly failure: HTMLSlotElement;
  readonly error: HTMLElement;
  readonly controls: HTMLSlotElement;
  readonly toolbar: HTMLElement;
}

/** An element with a class and a part of the same name. */
export function part<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  classes = name,
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.setAttribute("part", name);
  element.className = classes;
  return element;
}

/** A slot that shows `content` where the page puts nothing into it. */
function slot(name: string, ...content: Element[]): HTMLSlotElement {
  const element = document.createElement("slot");
  if (name) element.name = name;
  element.append(...content);
  return element;
}

/** Fills a shadow root by createElement(), which strict CSP and Trusted Types allow. */
export function buildParts(root: ShadowRoot): ElementParts {
  addStyle(root);
  const frame = part("div", "frame");
  const picture = part("div", "picture");
  const img = part("img", "original");
  const still = part("canvas", "original");
  const canvas = part("canvas", "canvas");
  const handle = part("div", "handle");
  const hold = part("button", "hold");
  const status = part("div", "status");
  const error = part("div", "error", "error below");
  const toolbar = part("div", "controls", "controls below");
  const [poster, photograph] = [slot("poster"), slot("")];
  const [progress, failure, controls] = [slot("progress", status), slot("error", error), slot("controls", toolbar)];
  img.decoding = "async";
  canvas.width = canvas.height = still.width = still.height = 0;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-valuemin", "0");
  handle.setAttribute("aria-valuemax", "100");
  handle.tabIndex = 0;
  hold.type = "button";
  status.setAttribute("role", "progressbar");
  error.setAttribute("role", "alert");
  toolbar.setAttribute("role", "group");
  for (const element of [photograph, img, still, canvas, handle, hold, progress, failure, controls])
    element.hidden = true;
  picture.append(photograph, img, still, canvas, slot("overlay"), handle);
  frame.append(poster, picture, hold, progress);
  root.append(frame, failure, controls);
  return {
    root,
    frame,
    picture,
    poster,
    slot: photograph,
    img,
    still,
    canvas: new ColourCanvas(canvas),
    handle,
    hold,
    progress,
    status,
    failure,
    error,
    controls,
    toolbar,
  };
}
