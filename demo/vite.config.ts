/** The demo page: `npm start` serves it, `npm run build:demo` writes demo/dist, which any web server can host. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { pngIcons } from "../tools/vite-icons";
import { wgsl } from "../tools/vite-wgsl";
import { modelFolder } from "../tools/vite-models";
import { onnxruntime } from "../tools/vite-onnxruntime";
import { sourceArchive } from "../tools/vite-source";

const repository = fileURLToPath(new URL("..", import.meta.url));
const icon = fileURLToPath(new URL("icon.svg", import.meta.url));

/** The page installed as an application, and there without a network after the first visit. */
const application = VitePWA({
  // A new version waits until the page is closed everywhere: nothing that is open is lost or loses its files.
  registerType: "prompt",
  injectRegister: "script-defer",
  manifest: {
    name: "Colorize: old photographs in colour",
    short_name: "Colorize",
    description: "Colour black-and-white photographs on this device.",
    start_url: "./",
    scope: "./",
    display: "standalone",
    background_color: "#15161a",
    theme_color: "#15161a",
    share_target: {
      action: "./share",
      method: "POST",
      enctype: "multipart/form-data",
      params: { files: [{ name: "photographs", accept: ["image/*", ".tif", ".tiff"] }] },
    },
    icons: [192, 512].map((size) => ({
      src: `icon-${size}.png`,
      sizes: `${size}x${size}`,
      type: "image/png",
      purpose: "any maskable",
    })),
  },
  workbox: {
    importScripts: ["share-target.js"],
    globPatterns: ["**/*.{html,js,css,svg,png,webp,wasm,md}"],
    // The library keeps models itself, but for their cards. The pictures to try are kept when they were looked at.
    globIgnores: ["models/**/*.png", "onnxruntime-web/**"],
    // Licences, the cards of models and the sources open as what they are, not as the page.
    navigateFallbackDenylist: [/\.(md|gz)$/],
    runtimeCaching: [
      {
        // For browsers without WebGPU alone; the newest where there is a network.
        urlPattern: ({ sameOrigin, url }) => sameOrigin && url.pathname.includes("/onnxruntime-web/"),
        handler: "NetworkFirst",
        options: { cacheName: "onnxruntime-web" },
      },
      {
        urlPattern: ({ sameOrigin, url }) => sameOrigin && url.pathname.endsWith(".jpg"),
        handler: "CacheFirst",
        options: { cacheName: "pictures-to-try" },
      },
    ],
  },
});

/** The page's own licence, which goes wherever the page goes. */
const licence: Plugin = {
  name: "licence",
  generateBundle() {
    const source = readFileSync(new URL("../LICENSE", import.meta.url));
    this.emitFile({ type: "asset", fileName: "license.md", source });
  },
};

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative addresses: the page may lie in any folder of a site.
  base: "./",
  plugins: [
    wgsl(),
    modelFolder(fileURLToPath(new URL("../models", import.meta.url))),
    onnxruntime(),
    pngIcons(icon, [180, 192, 512], "#15161a"),
    licence,
    sourceArchive(repository, "source.tar.gz"),
    application,
  ],
  worker: { format: "es", plugins: () => [wgsl()] },
  // Its WebAssembly lies beside it.
  optimizeDeps: { exclude: ["@jsquash/jpeg"] },
  server: { fs: { allow: [repository] } },
  build: { target: "es2022", outDir: "dist", emptyOutDir: true, license: { fileName: "third-party-licenses.md" } },
});
