/** Builds the bench's page, with shaders stripped of comments as in the package. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { wgsl } from "../../tools/vite-wgsl";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [wgsl()],
  build: { target: "es2022" },
});
