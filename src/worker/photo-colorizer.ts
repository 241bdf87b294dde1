/** What colours photographs: on this thread or in a worker, by the engine or by onnxruntime-web. */
import type { Colorizer } from "../colorizer/colorizer";

export type PhotoColorizer = Pick<
  Colorizer,
  "complete" | "manifest" | "elem" | "adapter" | "colorize" | "profile" | "activations" | "dispose"
>;
