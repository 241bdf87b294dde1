/** Values of the option --precision. */
import type { Precision } from "../graph/storage";

export const PRECISIONS: readonly Precision[] = ["auto", "f32", "f16", "f16-weights"];
