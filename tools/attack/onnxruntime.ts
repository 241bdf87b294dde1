/** What onnxruntime computes of a mutant, compared with what this project computed. */
import * as ort from "onnxruntime-node";
import type { Tensor } from "../../src/session/inputs";
import { decodeModel } from "../../src/weights/onnx/decode";
import { floatFromHalf } from "../../src/weights/numbers/half";
import type { OnnxDType } from "../../src/weights/onnx/types";
import { randoms } from "../../test/shared/randoms";
import { Finding } from "./attack";

/** What a model computed, for onnxruntime to do again. */
export interface Evidence {
  readonly inputs: Readonly<
    Record<
      string,
      { readonly dtype: OnnxDType | "unknown"; readonly shape: readonly number[]; readonly data: Float32Array }
    >
  >;
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** onnxruntime's names of the types that inputs of this project may have. */
const TYPES: Partial<Record<OnnxDType | "unknown", ort.Tensor.Type>> = {
  f32: "float32",
  f64: "float64",
  i32: "int32",
  i64: "int64",
  bool: "bool",
  u8: "uint8",
  i8: "int8",
};

/** Both sum in f32, in another order: mutants multiply rounding, which weights of a trained network do not. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-5;
/** Above it, sums of f32 overflow or not, depending on their order. */
const LARGE = 1e30;

/** By output; a map, because outputs may be named as properties of objects are. */
type Numbers = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: number[] }>;

/** A change of inputs that rounding could have made. Numbers of integer types stay. */
function nudged(data: Float32Array, seed: number): Float32Array {
  const noise = randoms(data.length, seed);
  return data.map((value, i) => (Number.isInteger(value) ? value : value * (1 + 1e-6 * noise[i]!)));
}

async function run(session: ort.InferenceSession, inputs: Evidence["inputs"], nudge?: number): Promise<Numbers> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const name of session.inputNames) {
    const input = inputs[name];
    const type = input && TYPES[input.dtype];
    if (!type) throw new Error(`an input of ${input?.dtype}`);
    const data = nudge === undefined ? input.data : nudged(input.data, nudge);
    const of = {
      float32: Float32Array,
      float64: Float64Array,
      int32: Int32Array,
      bool: Uint8Array,
      uint8: Uint8Array,
      int8: Int8Array,
    };
    const typed = type === "int64" ? BigInt64Array.from(data, BigInt) : of[type as keyof typeof of].from(data);
    feeds[name] = new ort.Tensor(type as "float32", typed as Float32Array, input.shape);
  }
  const results = await session.run(feeds);
  return new Map(
    Object.entries(results).map(([name, { dims, type, data }]) => {
      // onnxruntime gives the bits of f16.
      const numbers = type === "float16" && data instanceof Uint16Array ? floatFromHalf(data) : data;
      return [name, { shape: dims, data: Array.from(numbers as Float32Array, Number) }];
    }),
  );
}

function wild({ data }: { readonly data: readonly number[] }): boolean {
  return data.some((value) => !(Math.abs(value) < LARGE));
}

/** The largest difference of two lists relative to what is allowed; above 1, it is too large. */
function excess(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const allowed = ABSOLUTE + RELATIVE * largest;
  return expected.reduce((most, value, i) => {
    const difference = Math.abs(actual[i]! - value) / allowed;
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

/** The index of the largest difference; of the first that is not a number, where there is one. */
function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  let [at, most] = [0, -1];
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(actual[i]! - value);
    if (Number.isNaN(difference)) return i;
    if (difference > most) [at, most] = [i, difference];
  }
  return at;
}

function infinite(data: Float32Array): boolean {
  return data.some((value) => Math.abs(value) === Infinity);
}

/** Tanh of this project keeps infinities, on purpose: a sum that is too large shows in the result (shaders/lib/activation.wgsl). */
function keepsInfinities(bytes: Uint8Array): boolean {
  return decodeModel(bytes).nodes.some(({ op }) => op === "Tanh");
}

/** The outcome of the comparison. Throws Finding where the numbers differ and rounding does not explain it. */
export async function compare(bytes: Uint8Array, { inputs, outputs }: Evidence): Promise<string> {
  let session: ort.InferenceSession | undefined;
  let expected: Numbers;
  let again: Numbers[];
  try {
    session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
      graphOptimizationLevel: "disabled",
    });
    expected = await run(session, inputs);
    again = [await run(session, inputs, 1), await run(session, inputs, 2)];
  } catch {
    return "computed, refused by onnxruntime";
  } finally {
    await session?.release();
  }
  let outcome = "computed as by onnxruntime";
  for (const [name, { shape, data }] of Object.entries(outputs)) {
    const wanted = expected.get(name);
    if (!wanted) return "computed, with an output that onnxruntime's own binding loses";
    // NonZero of a scalar has shape [0, 1] by the specification of ONNX, and [1, 1] in onnxruntime.
    if (shape.includes(0)) continue;
    if (wanted.shape.join() !== shape.join())
      throw new Finding(`output ${name}: shape [${shape.join(", ")}], and [${wanted.shape.join(", ")}] by onnxruntime`);
    if (wild(wanted)) {
      outcome = "computed, overflows in onnxruntime";
      continue;
    }
    if (excess(data, wanted.data) <= 1) continue;
    if (infinite(data) && keepsInfinities(bytes)) {
      outcome = "computed, with an infinity that Tanh keeps";
      continue;
    }
    // A comparison or a step function turns rounding into another result, in onnxruntime as well.
    if (again.some((other) => excess(other.get(name)!.data, wanted.data) > 0.01)) {
      outcome = "computed, rounding changes the result";
      continue;
    }
    const at = worst(data, wanted.data);
    throw new Finding(`output ${name}[${at}] is ${data[at]}, and ${wanted.data[at]} by onnxruntime`);
  }
  return outcome;
}
