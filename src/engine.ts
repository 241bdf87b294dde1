/** `colorize-canvas/engine`: the graph engine on its own, for any supported ONNX model. */
export { Session, type Precision, type SessionOptions, type Tensor } from "./graph/session";
export type { Profile, ProfileRow } from "./graph/profile";
export { PipelineCache } from "./graph/pipelines";
export { describeDevice, requestDevice, type DeviceOptions } from "./gpu-device";
export * from "./errors";
