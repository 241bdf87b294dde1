/** `colorize-canvas/react`: defines <colorize-canvas>, as colorize-canvas/element does, and types it in JSX of React 19. */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { ColorizeCanvas, ColorizeCanvasAttributes, ColorizeCanvasListeners } from "./element";

export * from "./element";

/** React adds listeners for the lower-case names: its own onLoad, onError and onProgress do not reach a custom element. */
type Props = Omit<
  DetailedHTMLProps<HTMLAttributes<ColorizeCanvas>, ColorizeCanvas>,
  "onLoad" | "onError" | "onProgress"
> &
  ColorizeCanvasAttributes &
  ColorizeCanvasListeners;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "colorize-canvas": Props;
    }
  }
}
