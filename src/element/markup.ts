/** What templates of React, Vue and Svelte may write on <colorize-canvas>. */
import type { ColorizeSource } from "../image/source";
import type { ColorizeCanvas } from "./colorize-canvas";
import type { ColorizeCanvasEventMap } from "./events";
import type { ColorizeTexts } from "./texts";

/** The attributes, with the types of their properties or as text, and the properties that have no attribute. */
export interface ColorizeCanvasAttributes {
  readonly src?: string;
  readonly alt?: string;
  readonly model?: string;
  readonly preset?: string;
  readonly loading?: ColorizeCanvas["loading"];
  readonly compare?: ColorizeCanvas["compare"];
  readonly zoomable?: boolean;
  readonly saturation?: number | string;
  readonly warmth?: number | string;
  readonly size?: number | string;
  readonly precision?: ColorizeCanvas["precision"];
  readonly fallback?: string;
  readonly workers?: string;
  readonly crossorigin?: "" | "anonymous" | "use-credentials";
  readonly controls?: boolean;
  readonly width?: number | string;
  readonly height?: number | string;
  readonly source?: ColorizeSource | null;
  readonly hints?: ColorizeCanvas["hints"];
  readonly colorizer?: ColorizeCanvas["colorizer"];
  readonly texts?: ColorizeTexts;
  readonly comparePosition?: number;
  readonly comparing?: boolean;
  readonly zoom?: number;
}

/** `onload`, `onerror` and so on: listeners for the element's events. */
export type ColorizeCanvasListeners = {
  readonly [Name in keyof ColorizeCanvasEventMap as `on${Name}`]?: (event: ColorizeCanvasEventMap[Name]) => void;
};
