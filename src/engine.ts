/** `colorize-canvas/engine`: the graph engine on its own, for any supported ONNX model. */
export { Session, type Precision, type SessionOptions } from "./graph/session";
export type { Tensor } from "./graph/session-inputs";
export type { BoundProgram } from "./graph/executor";
export type { Program } from "./graph/lower/program";
export type { Graph, Shape } from "./graph/ir";
export type { Profile, ProfileRow } from "./graph/profile";
export type { TuneOptions, TuneReport } from "./tuning/tune";
export type { TuningStore } from "./tuning/store";
export { PipelineCache } from "./graph/pipelines";
export { describeDevice, requestDevice, type DeviceOptions } from "./gpu-device";
export * from "./errors";
