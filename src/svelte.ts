/** `colorize-canvas/svelte`: defines <colorize-canvas>, as colorize-canvas/element does, and types it in components of Svelte 5. */
import type { HTMLAttributes } from "svelte/elements";
import type { ColorizeCanvas, ColorizeCanvasAttributes, ColorizeCanvasListeners } from "./element";

export * from "./element";

type Attributes = Omit<HTMLAttributes<ColorizeCanvas>, keyof ColorizeCanvasListeners> &
  ColorizeCanvasAttributes &
  ColorizeCanvasListeners;

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "colorize-canvas": Attributes;
  }
}
