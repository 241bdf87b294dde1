/** Choices measured on adapters like these, where they differ from the rules. Written by `npm run tune -- --table`. */
import type { ConvChoice } from "../kernels/conv-algorithms";

/** By adapterClass().row, then by shapeKey(). */
export const CONV_TABLE: Readonly<Record<string, Readonly<Record<string, ConvChoice>>>> = {};
