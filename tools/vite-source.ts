/** Vite plugin: the sources of the page lie beside it, as one archive, wherever the page is copied to. */
import { basename } from "node:path";
import { create } from "tar";
import type { Plugin } from "vite";

/** What the archive has. Models and sample photographs are left out: they lie beside the page already. */
const SOURCES = [
  "README.md CONTRIBUTING.md SECURITY.md LICENSE package.json package-lock.json custom-elements-manifest.config.mjs",
  "tsconfig.json tsconfig.build.json vite.config.ts vitest.config.ts",
  "bench bin demo docs examples shaders src test tools",
].flatMap((line) => line.split(" "));
const LEFT_OUT = /^(node_modules|dist|dist-test-.*|__pycache__|\..*)$/;

/** Writes `fileName`, a gzipped tar archive of the sources in the folder `repository`. Equal sources give equal bytes. */
export function sourceArchive(repository: string, fileName: string): Plugin {
  return {
    name: "source-archive",
    apply: "build",
    async generateBundle() {
      const archive = create(
        {
          gzip: true,
          portable: true,
          noMtime: true,
          cwd: repository,
          prefix: "colorize-canvas",
          filter: (path) => !LEFT_OUT.test(basename(path)),
        },
        SOURCES,
      );
      const parts: Uint8Array[] = [];
      for await (const part of archive) parts.push(part as Uint8Array);
      this.emitFile({ type: "asset", fileName, source: Buffer.concat(parts) });
    },
  };
}
