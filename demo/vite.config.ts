/** The demo page: `npm start` serves it, `npx vite build demo` writes demo/dist, which any web server can host. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { wgsl } from "../tools/vite-wgsl";
import { modelFolder } from "../tools/vite-models";
import { thumbnails } from "../tools/vite-thumbnails";

const repository = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the page may lie in any folder of a site.
  base: "./",
  plugins: [wgsl(), thumbnails(), modelFolder(fileURLToPath(new URL("../models", import.meta.url)))],
  worker: { format: "es", plugins: () => [wgsl()] },
  // Its WebAssembly lies beside it.
  optimizeDeps: { exclude: ["@jsquash/jpeg"] },
  server: { fs: { allow: [repository] } },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, license: { fileName: "third-party-licenses.md" } },
});
