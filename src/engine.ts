/** `colorize-canvas/engine`: the graph engine on its own, for any supported ONNX model. */
export { Session, type Precision, type SessionOptions } from "./session/session";
export type { InputTensor, Tensor } from "./session/inputs";
export type { BoundProgram } from "./gpu/bound-program";
export type { Program } from "./graph/lower/program";
export type { Graph, Shape } from "./graph/ir";
export type { Profile, ProfileRow } from "./gpu/profile";
export type { TuneOptions, TuneReport } from "./tuning/tune";
export type { TuningStore } from "./tuning/store";
export { PipelineCache } from "./gpu/pipelines";
export { describeDevice, requestDevice, type DeviceOptions } from "./gpu/device";
export * from "./base/errors";
