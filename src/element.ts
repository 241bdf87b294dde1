/** Defines <colorize-canvas>; importing this module is all a page needs. */
import { ColorizeCanvas } from "./element/colorize-canvas";

const NAME = "colorize-canvas";

// A page may load this module twice, for example by two addresses; the first definition stays.
if (typeof customElements !== "undefined") {
  const first = customElements.get(NAME) as Partial<typeof ColorizeCanvas> | undefined;
  if (!first) customElements.define(NAME, ColorizeCanvas);
  else if (first.version !== ColorizeCanvas.version)
    console.warn(`${NAME} ${ColorizeCanvas.version}: this page already uses version ${first.version}, which stays.`);
}

export { ColorizeCanvas } from "./element/colorize-canvas";
export type { ColorizeContent } from "./element/contents";
export type { ColorizeCanvasEventMap, ColorizeState } from "./element/events";
export type { ColorizeCanvasAttributes, ColorizeCanvasListeners } from "./element/markup";
export type { ColorizeProgress, ProgressStage } from "./element/progress";
export type { ColorizeTexts } from "./element/texts";
export type { ColorizerInUse } from "./element/work";
