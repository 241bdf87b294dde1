/** colorize-canvas: photographs in colour, in the browser. */
export { Colorizer } from "./colorizer/colorizer";
export { loadColorizer } from "./worker/load-colorizer";
export type { PhotoColorizer } from "./worker/photo-colorizer";
export type { LoadOptions } from "./worker/messages";
export type { Activations, LayerOptions } from "./colorizer/layers";
export type { ColorizeOptions, ColorizePlan, ColorizerOptions, ColorizerProfile } from "./colorizer/options";
export type { ColorHint } from "./colorizer/hints";
export type { LikelyColor, Place } from "./colorizer/likely-colors";
export type { PresetName } from "./weights/model/presets";
export type { Profile, ProfileRow } from "./gpu/profile";
export { ColorizeResult, type ColorizeTimings, type ResultChange } from "./colorizer/result";
export { ColorizeCanvas } from "./element/colorize-canvas"; // the class only; colorize-canvas/element defines the element
export { contentFile, type ColorizeContent, type ContentFileOptions } from "./element/contents";
export { colouredName, saveFile } from "./element/save";
export type { LoadProgress } from "./weights/model/progress";
export type { ColorizeStage } from "./colorizer/stage-clock";
export type { ColorizeSource, RawImage } from "./image/source";
export type { Size } from "./kernels/picture/tile";
export type { TuneSetting } from "./colorizer/tuning";
export type { TuneOptions, TuneReport } from "./tuning/tune";
export type { TuningStore } from "./tuning/store";
export type { Precision } from "./session/session";
export type { Manifest } from "./weights/model/manifest";
export type { ModelReader } from "./weights/model/files";
export { carryExif, carryProfile } from "./image/exif";
export { markAsColorized } from "./image/mark";
export { requestDevice, type DeviceOptions } from "./gpu/device";
export * from "./base/errors";
