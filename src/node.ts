/** `colorize-canvas/node`: what Node needs beside the other entries: a device, picture files, model files. */
export { requestNodeDevice, type NodeAdapter, type NodeDeviceOptions } from "./node/device";
export { type DeepPixels, type ImageFormat, type ImageMetadata, type NodeImage, type Pixels } from "./node/images";
export { readImage } from "./node/read-image";
export { writeImage, type WriteImageOptions, type WrittenImage } from "./node/write-image";
export { tuningFiles } from "./node/tuning-file";
export { loadNodeColorizer, type NodeColorizerOptions } from "./node/load-colorizer";
export { defaultModelFolder } from "./node/shipped-models";
export { folderReader, readModelFiles } from "./node/model-files";
export { externalDataIn } from "./node/external-data";
