import { svelte } from "@sveltejs/vite-plugin-svelte";
import { colorizeModels } from "colorize-canvas/vite";
import { defineConfig } from "vite";

export default defineConfig({ plugins: [svelte(), colorizeModels()] });
