/** What colours photographs: on this thread or in a worker, by the engine or by onnxruntime-web. */
import type { Colorizer } from "../colorizer/colorizer";

export interface PhotoColorizer extends Pick<
  Colorizer,
  "complete" | "manifest" | "elem" | "adapter" | "colorize" | "profile" | "activations" | "dispose"
> {
  /** In a worker: resolves when there is no worker any more, because it failed or its last user disposed of it. @internal */
  readonly ended?: Promise<void>;
}
