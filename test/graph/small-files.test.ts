/** Small files that ask for much work: time in proportion to their size, little memory, and an abort is heard at once. */
import { readFileSync } from "node:fs";
import v8 from "node:v8";
import vm from "node:vm";
import onnxProto, { type onnx } from "onnx-proto";
import { describe, expect, it, vi } from "vitest";
import { EngineError, ModelError, UnsupportedError } from "../../src/base/errors";
import { finish, Pacer } from "../../src/base/pacer";
import { importing } from "../../src/graph/import";
import { lowering } from "../../src/graph/lower/lower";
import { optimizing } from "../../src/graph/optimize";
import type { Program } from "../../src/graph/lower/program";
import { ENGINE } from "../../src/session/engine";
import { decodeModel, readModel } from "../../src/weights/onnx/decode";
import type { OnnxModel } from "../../src/weights/onnx/types";
import { buildModel, node } from "../onnx-builder";
import { LARGE, LARGE_OPS, MANY } from "../shared/small-files";
import { thrownBy } from "../shared/thrown";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

vi.setConfig({ testTimeout: 300_000 });

function* compiling(model: OnnxModel): Generator<undefined, Program> {
  const graph = yield* optimizing(yield* importing(model, ENGINE), ENGINE);
  return yield* lowering(graph, ENGINE, { elem: "f32" });
}

const compile = (bytes: Uint8Array): Program => finish(compiling(decodeModel(bytes)));

/** Milliseconds of processor time. */
function spent(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user / 1e3;
}

/**
 * Milliseconds of processor time of this thread. The time of other threads, which collect garbage and compile JavaScript beside it, keeps no abort
 * waiting; without /proc it counts, too.
 */
function ownMilliseconds(): number {
  try {
    return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]) / 1e6;
  } catch {
    return process.cpuUsage().user / 1e3;
  }
}

describe("four times as many take about four times as long", () => {
  const N = 1500;
  it.each(Object.entries(MANY))("%s", (_, make) => {
    const [small, large] = [make(N), make(4 * N)];
    expect(large.length).toBeLessThan(200 * 4 * N);
    compile(small);
    const times = [small, large].map((bytes) => Math.min(...[1, 2, 3].map(() => spent(() => compile(bytes)))));
    // A part that grows with the square and takes a fifth of the time at N makes it 6.4; 20 ms are noise.
    expect(times[1]! - 20).toBeLessThan(6 * times[0]!);
  });
});

describe("constants above the budget are refused before they exist", () => {
  it.each(Object.entries(LARGE))("%s", (_, make) => {
    const bytes = make();
    expect(bytes.length).toBeLessThan(40_000);
    const before = process.memoryUsage().rss;
    let error: UnsupportedError | undefined;
    const time = spent(() => (error = thrownBy(UnsupportedError, () => compile(bytes))));
    expect(error!.message).toMatch(
      /constants of more than \d+ elements of 32 bits evaluated|a tensor of \d+ elements, more than/,
    );
    expect(time).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
  });

  it("and those of a model with large weights are not", () => {
    // 4 million weights of 8 bits that are dequantised and transposed, twice the budget without the file's size.
    const n = 2048;
    const bytes = buildModel({
      inputs: [{ name: "x", shape: [1, n] }],
      outputs: [{ name: "y" }],
      nodes: [0, 1, 2, 3, 4].flatMap((i) => [
        node("DequantizeLinear", [`w${i}`, "s"], [`f${i}`]),
        node("Gemm", [i === 0 ? "x" : `y${i - 1}`, `f${i}`], [i === 4 ? "y" : `y${i}`], { transB: 1 }),
      ]),
      initializers: [
        ...[0, 1, 2, 3, 4].map((i) => ({
          name: `w${i}`,
          shape: [n, n],
          dtype: "i8" as const,
          data: new Int8Array(n * n),
        })),
        { name: "s", shape: [], data: [0.1] },
      ],
    });
    expect(compile(bytes).steps.length).toBe(5);
  });
});

it("a graph of more dispatches than drivers bear is refused", () => {
  expect(() => compile(MANY["a Concat of one value"]!(33_000))).toThrow(/more than 32768 steps/);
});

describe("messages have at most 4 KB", () => {
  const long = "ä".repeat(2 ** 20);
  const refusals: Record<string, () => unknown> = {
    "a long name": () => compile(named(long, "Unknown")),
    "many unknown ops": () =>
      compile(
        buildModel({
          inputs: [{ name: "x", shape: [1] }],
          outputs: [{ name: "y" }],
          nodes: Array.from({ length: 2000 }, (_, i) => node("Unknown", ["x"], [i === 0 ? "y" : `v${i}`])),
        }),
      ),
    "a long value that does not exist": () => compile(named("y", "Relu", long)),
    "a long name of an input of open shape": () =>
      compile(
        buildModel({
          inputs: [{ name: long, shape: ["n"] }],
          outputs: [{ name: "y" }],
          nodes: [node("Relu", [long], ["y"])],
        }),
      ),
    "a long label": () => decodeModel(new Uint8Array(3), { label: long }),
  };
  const named = (name: string, op: string, input = "x"): Uint8Array =>
    buildModel({
      inputs: [{ name: "x", shape: [1] }],
      outputs: [{ name }],
      nodes: [node(op, [input], [name])],
    });
  it.each(Object.entries(refusals))("%s", (_, refuse) => {
    const { message } = thrownBy(EngineError, refuse);
    expect(new TextEncoder().encode(message).length).toBeLessThan(4096);
    expect(message).toMatch(/expected .* received/s);
  });

  it("and keep all items as data", () => {
    expect(thrownBy(UnsupportedError, refusals["many unknown ops"]!).items.length).toBe(2000);
    expect(thrownBy(ModelError, refusals["a long value that does not exist"]!).message).toMatch(/more characters/);
  });
});

/** The longest stretch without the event loop while a model is read and compiled, in processor time: other programs take some of the wall's. */
async function longestStretch(bytes: Uint8Array): Promise<number> {
  const { signal } = new AbortController();
  let longest = 0;
  let last = ownMilliseconds();
  let running = true;
  const tick = (): void => {
    const now = ownMilliseconds();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    await new Pacer(signal).finish(compiling(await readModel(bytes, { signal })));
  } finally {
    running = false;
  }
  return longest;
}

describe("an abort is heard while one op computes large constants", () => {
  it.each(Object.entries(LARGE_OPS))("%s", async (_, make) => {
    const bytes = make();
    collectGarbage();
    expect(await longestStretch(bytes)).toBeLessThan(100);
  });
});

describe("an abort is heard while long lists of a file are decoded", () => {
  const N = 2 ** 20;
  const numbers = Array.from({ length: N }, (_, i) => i % 1000);
  const names = Array.from({ length: 2 ** 18 }, (_, i) => `y${i}`);
  const relu = { opType: "Relu", input: ["x"], output: ["y"] };
  /** A Relu, where the fields given change nothing, and initializers that nothing reads. */
  const file = (fields: onnx.INodeProto, ...initializer: onnx.ITensorProto[]): Uint8Array =>
    Uint8Array.from(
      onnxProto.onnx.ModelProto.encode({
        irVersion: 8,
        opsetImport: [{ domain: "", version: 17 }],
        graph: { node: [{ ...relu, ...fields }], initializer, input: [valueOf("x")], output: [valueOf("y")] },
      }).finish(),
    );
  const valueOf = (name: string): onnx.IValueInfoProto => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }] } } },
  });
  const files: Record<string, () => Uint8Array> = {
    "integers of an attribute": () => file({ attribute: [{ name: "a", type: 7, ints: numbers }] }),
    "numbers of an attribute": () => file({ attribute: [{ name: "a", type: 6, floats: numbers }] }),
    "strings of an attribute": () =>
      file({ attribute: [{ name: "a", type: 8, strings: numbers.map(() => new Uint8Array(2)) }] }),
    "integers of a tensor": () => file({}, { name: "w", dims: [N], dataType: 7, int64Data: numbers }),
    "numbers of a tensor": () => file({}, { name: "w", dims: [N], dataType: 1, floatData: numbers }),
    "outputs of a node": () => file({ output: ["y", ...names] }),
  };
  it.each(Object.entries(files))("%s", async (_, make) => {
    const bytes = make();
    collectGarbage();
    expect(await longestStretch(bytes)).toBeLessThan(100);
  });
});

it("a graph of more nodes than the passes take in time is refused at once", () => {
  const sum = buildModel({
    inputs: [{ name: "x", shape: [1] }],
    outputs: [{ name: "y" }],
    nodes: [node("Sum", new Array<string>(400_000).fill("x"), ["y"])],
  });
  const time = spent(() => expect(() => compile(sum)).toThrow(/more than 65536 nodes/));
  expect(time).toBeLessThan(3000);
});

describe("an abort is heard while a large model", () => {
  const files = [
    "a Sum of one value",
    "a Split, concatenated",
    "Relu of one value, one of them used",
    "a chain of Conv",
  ];
  it.each(files)("is read, imported, optimised and lowered: %s", async (name) => {
    const bytes = MANY[name]!(10_000);
    const controller = new AbortController();
    const { signal } = controller;
    const pacer = new Pacer(signal);
    // Garbage of what ran before would be collected in the middle.
    collectGarbage();
    expect(await longestStretch(bytes)).toBeLessThan(100);
    const model = await readModel(bytes, { signal });
    const reason = new Error("enough");
    const again = pacer.finish(compiling(model));
    setTimeout(() => controller.abort(reason), 30);
    await expect(again).rejects.toBe(reason);
    await expect(readModel(bytes, { signal })).rejects.toBe(reason);
  });
});
