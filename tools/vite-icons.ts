/** Vite plugin: PNG icons of fixed names from an SVG file, for systems that install a page as an application. */
import sharp from "sharp";
import type { Plugin } from "vite";

/** Writes icon-SIZE.png for each size, in pixels, on a background that fills the square. */
export function pngIcons(svg: string, sizes: readonly number[], background: string): Plugin {
  return {
    name: "png-icons",
    apply: "build",
    async generateBundle() {
      for (const size of sizes) {
        // A fifth of the side stays free, because systems cut icons to circles and rounded squares.
        const inner = await sharp(svg, { density: 600 })
          .resize(Math.round(size * 0.8))
          .toBuffer();
        const square = sharp({ create: { width: size, height: size, channels: 4, background } });
        const source = await square
          .composite([{ input: inner }])
          .png()
          .toBuffer();
        this.emitFile({ type: "asset", fileName: `icon-${size}.png`, source });
      }
    },
  };
}
