/** `colorize-canvas/vue`: defines <colorize-canvas>, as colorize-canvas/element does, and types it in templates of Vue 3. */
import type { HTMLAttributes, PublicProps } from "vue";
import type { ColorizeCanvas, ColorizeCanvasAttributes, ColorizeCanvasEventMap } from "./element";

export * from "./element";

type Listeners = {
  [K in keyof ColorizeCanvasEventMap as `on${Capitalize<K>}`]?: (event: ColorizeCanvasEventMap[K]) => void;
};

declare module "vue" {
  interface GlobalComponents {
    "colorize-canvas": new () => ColorizeCanvas & {
      $props: Omit<HTMLAttributes, keyof Listeners> & ColorizeCanvasAttributes & Listeners & PublicProps;
    };
  }
}
