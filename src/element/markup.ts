/** What templates of React, Vue and Svelte may write on <colorize-canvas>. */
import type { ColorizeCanvasEventMap } from "./colorize-canvas";

/** The attributes, with the types of their properties or as text. */
export interface ColorizeCanvasAttributes {
  readonly src?: string;
  readonly alt?: string;
  readonly saturation?: number | string;
  readonly size?: number | string;
  readonly model?: string;
}

/** `onload`, `onerror` and `onprogress`: listeners for the element's events. */
export type ColorizeCanvasListeners = {
  readonly [Name in keyof ColorizeCanvasEventMap as `on${Name}`]?: (event: ColorizeCanvasEventMap[Name]) => void;
};
