/** `colorize-canvas/vite`: a Vite plugin that serves this package's models in development and copies them into the build. */
export { colorizeModels, type ColorizeModelsOptions } from "./node/vite-plugin";
