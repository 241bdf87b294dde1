/** The bench's page: shaders without comments, as they ship. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { wgsl } from "../../tools/vite-wgsl";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  plugins: [wgsl()],
  build: { target: "es2022" },
});
