/** Runs a node test through a Session. */
import { EngineError, messageOf, UnsupportedError } from "../../src/base/errors";
import { isFloat } from "../../src/graph/import/values";
import { Session } from "../../src/session/session";
import type { Tensor } from "../../src/session/inputs";
import { DIFFERENT } from "./different";
import type { NodeTest, Values } from "./node-test";

/** Which inputs are tensors at run time; the others are frozen, as the weights of a model are. */
const WAYS = {
  "run time": () => true,
  "floats at run time": (value: Values) => isFloat(value.dtype),
  "first input at run time": (value: Values, index: number) => isFloat(value.dtype) && index === 0,
  "constants only": () => false,
} as const satisfies Record<string, (value: Values, index: number) => boolean>;
export type Way = keyof typeof WAYS;

export type Outcome =
  /** `way`: the one with the most inputs at run time that the engine supports. */
  | { readonly kind: "passed"; readonly way: Way }
  | { readonly kind: "refused"; readonly reason: string }
  /** Other numbers than the test's, on purpose. */
  | { readonly kind: "differs"; readonly reason: string }
  | { readonly kind: "wrong"; readonly reason: string };

/** ONNX's own tolerance is 1e-3 of the number; functions of WGSL such as exp may also be wrong by some 1e-6. */
const RELATIVE = 1e-3;
const ABSOLUTE = 1e-5;
/** The engine keeps floats of all types in f32; results that ONNX rounds to bf16 have 8 bits. */
const BF16_RELATIVE = 2 ** -8;

/** The first difference in shape or numbers. */
function difference(name: string, actual: Tensor | undefined, expected: Values): string | undefined {
  if (actual === undefined) return `no output ${name}`;
  if (actual.shape.join() !== expected.shape.join())
    return `${name} of shape [${actual.shape.join(", ")}] and not [${expected.shape.join(", ")}]`;
  const relative = expected.dtype === "bf16" ? BF16_RELATIVE : RELATIVE;
  for (let i = 0; i < expected.data.length; i++) {
    const [is, wanted] = [Number(actual.data[i]), Number(expected.data[i])];
    const same = Object.is(is, wanted) || is === wanted;
    const slack = isFloat(expected.dtype) ? ABSOLUTE + relative * Math.abs(wanted) : 0;
    if (!same && !(Math.abs(is - wanted) <= slack)) return `${name}[${i}] is ${is} and not ${wanted}`;
  }
  return undefined;
}

async function attempt(test: NodeTest, way: Way, device: GPUDevice): Promise<string | undefined> {
  const running = Object.entries(test.inputs).filter(([, value], i) => WAYS[way](value, i));
  const frozen = Object.entries(test.inputs).filter(([, value], i) => !WAYS[way](value, i));
  const session = await Session.load(test.bytes, {
    device,
    precision: "f32",
    label: test.name,
    inputShapes: Object.fromEntries(running.map(([name, { shape }]) => [name, shape])),
    freeze: Object.fromEntries(frozen),
  });
  try {
    const feeds = running.map(([name, { data, shape }]) => [name, { data: Float32Array.from(data), shape }]);
    const outputs = await session.run(Object.fromEntries(feeds) as Record<string, Tensor>);
    for (const [name, expected] of Object.entries(test.outputs)) {
      const wrong = difference(name, outputs[name], expected);
      if (wrong !== undefined) return `${wrong} (${way})`;
    }
    return undefined;
  } finally {
    session.dispose();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof UnsupportedError) return error.items.map(({ reason }) => reason).join("; ");
  if (error instanceof EngineError)
    return `${error.name}: ${error.where}: expected ${error.expected}, received ${error.received}`;
  return `${messageOf(error)} (not an error of the engine)`;
}

/** Tries every way. A way that is refused is no fault while another passes; a wrong number always is. */
export async function runTest(test: NodeTest, device: GPUDevice): Promise<Outcome> {
  let passed: Way | undefined;
  let refused = "no input";
  const tried = new Set<string>();
  for (const way of Object.keys(WAYS) as Way[]) {
    const atRunTime = Object.values(test.inputs).map(WAYS[way]).join();
    if (tried.has(atRunTime)) continue;
    tried.add(atRunTime);
    try {
      const wrong = await attempt(test, way, device);
      if (wrong !== undefined) {
        const reason = DIFFERENT[test.name];
        return reason === undefined ? { kind: "wrong", reason: wrong } : { kind: "differs", reason };
      }
      passed ??= way;
    } catch (error) {
      refused = reasonOf(error);
    }
  }
  return passed === undefined ? { kind: "refused", reason: refused } : { kind: "passed", way: passed };
}
