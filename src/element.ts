/** Defines <colorize-canvas>; importing this module is all a page needs. */
import { ColorizeCanvas } from "./element/colorize-canvas";

if (typeof customElements !== "undefined" && !customElements.get("colorize-canvas"))
  customElements.define("colorize-canvas", ColorizeCanvas);

export { ColorizeCanvas, type ColorizeCanvasEventMap, type ColorizeState } from "./element/colorize-canvas";
export type { ColorizeProgress } from "./element/parts";
