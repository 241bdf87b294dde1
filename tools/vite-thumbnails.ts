/** Vite plugin: `import url from "./photograph.jpg?thumbnail"` gives the address of a small grey copy. */
import { basename, extname } from "node:path";
import sharp from "sharp";
import type { Plugin } from "vite";

export function thumbnails(): Plugin {
  let building = false;
  return {
    name: "thumbnails",
    enforce: "pre",
    configResolved(config) {
      building = config.command === "build";
    },
    async load(id) {
      const [path, query] = id.split("?");
      if (!path || query !== "thumbnail") return undefined;
      const image = await sharp(path).resize(320, 240).grayscale().webp({ quality: 70 }).toBuffer();
      if (!building) return `export default "data:image/webp;base64,${image.toString("base64")}"`;
      const name = `${basename(path, extname(path))}.webp`;
      return `export default import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: "asset", name, source: image })}`;
    },
  };
}
