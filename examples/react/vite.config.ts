import react from "@vitejs/plugin-react";
import { colorizeModels } from "colorize-canvas/vite";
import { defineConfig } from "vite";

export default defineConfig({ plugins: [react(), colorizeModels()] });
