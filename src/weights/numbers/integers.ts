/** Converts 64-bit integers of ONNX files to JavaScript numbers. */
import { ModelError } from "../../base/errors";

/** protobufjs returns a Long where the package `long` is installed (Node), else a number (browser bundle). */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

/**
 * Values within this distance of the ends of the int64 range mean "to the end": exporters write INT64_MAX, INT64_MIN and
 * INT64_MIN + 1 in Slice for that, and doubles cannot distinguish the last 1024 integers.
 */
const END_WIDTH = 1024;

/**
 * The exact number, for magnitudes up to 2^53 - 1. Values within 1024 of INT64_MAX or INT64_MIN become +/-2^63, the nearest number that a
 * double or a float can hold. Throws ModelError for values between.
 */
export function int64ToNumber(value: Int64, where: string): number {
  if (typeof value === "number") return toSafe(value, where);
  return fromHalves(value.low, value.unsigned ? value.high >>> 0 : value.high, where);
}

/** `low` and `high` are 32-bit halves; `high` carries the sign. */
export function fromHalves(low: number, high: number, where: string): number {
  return toSafe(high * 4294967296 + (low >>> 0), where);
}

function toSafe(value: number, where: string): number {
  if (Number.isSafeInteger(value)) return value;
  if (value >= 2 ** 63 - END_WIDTH && value <= 2 ** 63) return 2 ** 63;
  if (value <= -(2 ** 63) + END_WIDTH && value >= -(2 ** 63)) return -(2 ** 63);
  throw new ModelError({
    where,
    expected: "an integer of at most 2^53 - 1 in size, or the end of the int64 range",
    received: `about ${value}`,
    hint: "Such a number is no size or index: the model is damaged, or uses 64-bit integers for something unsupported.",
  });
}
