import vue from "@vitejs/plugin-vue";
import { colorizeModels } from "colorize-canvas/vite";
import { defineConfig } from "vite";

const isCustomElement = (tag: string) => tag === "colorize-canvas";

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement } } }), colorizeModels()],
});
