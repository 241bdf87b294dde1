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
import { buildModel, node } from "../../tools/onnx-writer";
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
  // On a busy processor, one of the two may find its caches taken.
  it.each(Object.entries(MANY))("%s", { retry: 2 }, (_, make) => {
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
  // Each further output of one value is a copy.
  const copied = buildModel({
    inputs: [{ name: "x", shape: [1, 1] }],
    outputs: [{ name: "y" }, ...Array.from({ length: 13_000 }, () => ({ name: "x" }))],
    nodes: [node("Concat", new Array<string>(20_000).fill("x"), ["y"], { axis: 1 })],
  });
  expect(() => compile(copied)).toThrow(/more than 32768 steps/);
});

it("a tensor of more axes than shaders support is refused by its node's name, if no axes merge", () => {
  const sum = (a: readonly number[], b: readonly number[]): Uint8Array =>
    buildModel({
      inputs: [
        { name: "a", shape: a },
        { name: "b", shape: b },
      ],
      outputs: [{ name: "y" }],
      nodes: [node("Add", ["a", "b"], ["y"])],
    });
  expect(compile(sum([2, 1, 2, 2, 1, 2, 1, 2], [1, 3, 1, 1, 3, 1, 1, 1])).steps.length).toBe(1);
  const { items } = thrownBy(UnsupportedError, () => compile(sum([2, 1, 2, 1, 2, 1, 2], [1, 3, 1, 3, 1, 3, 1])));
  expect(items).toEqual([
    {
      node: "Add(y)",
      op: "binary",
      reason: "kernel binary: expected at most 6 axes after merging neighbours, received 7.",
    },
  ]);
});

it("the parts of a Split and of a Concat share their pipelines", () => {
  const { steps } = compile(MANY["a Split, concatenated"]!(500));
  const pipelines = new Set(steps.map(({ kernel, plan }) => `${kernel} ${JSON.stringify(plan.constants)}`));
  expect(steps.length).toBe(1000);
  expect(pipelines.size).toBeLessThan(5);
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
  } catch (error) {
    // Sparse tensors and functions are refused once they are read.
    if (!(error instanceof UnsupportedError)) throw error;
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

const { GraphProto, ModelProto, TensorProto } = onnxProto.onnx;
const valueOf = (name: string, dims = 1): onnx.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType: 1, shape: { dim: Array.from({ length: dims }, () => ({ dimValue: 1 })) } } },
});
const listOf = <T>(length: number, make: (i: number) => T): T[] => Array.from({ length }, (_, i) => make(i));
const RELU = { opType: "Relu", input: ["x"], output: ["y"] };
const HEADER = { irVersion: 8, opsetImport: [{ domain: "", version: 17 }] };
const GRAPH = { node: [RELU], input: [valueOf("x")], output: [valueOf("y")] };

/** A Relu, in a graph with more fields. */
function relu(graph: onnx.IGraphProto, header: onnx.IModelProto = {}): Uint8Array {
  return Uint8Array.from(ModelProto.encode({ ...HEADER, ...header, graph: { ...GRAPH, ...graph } }).finish());
}

/** A Relu whose node has more fields. */
const reluWith = (fields: onnx.INodeProto): Uint8Array => relu({ node: [{ ...RELU, ...fields }] });

/** A field that holds bytes: its number, their length, the bytes. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  const header = [number * 8 + 2];
  for (let left = bytes.length; left > 0; left = Math.floor(left / 128))
    header.push((left % 128) + (left > 127 ? 128 : 0));
  return Buffer.concat([Uint8Array.from(header), bytes]);
}

/** A Relu, and a tensor that nothing reads, whose list repeats one field. */
function oneByOne(count: number, bytes: readonly number[], dataType: number): Uint8Array {
  const list = Buffer.alloc(count * bytes.length, Uint8Array.from(bytes));
  const tensor = Buffer.concat([TensorProto.encode({ name: "w", dims: [count], dataType }).finish(), list]);
  const graph = Buffer.concat([GraphProto.encode(GRAPH).finish(), field(5, tensor)]);
  return Uint8Array.from(Buffer.concat([ModelProto.encode(HEADER).finish(), field(7, graph)]));
}

describe("an abort is heard while a file with the most that is let pass is read and compiled", () => {
  /** Elements of lists, but for those that the rest of the model has. */
  const N = 2 ** 20 - 100;
  const numbers = listOf(N, (i) => i % 1000);
  const many = (length: number): number[] => new Float32Array(length) as ArrayLike<number> as number[];
  const files: Record<string, () => Uint8Array> = {
    "integers of an attribute": () => reluWith({ attribute: [{ name: "a", type: 7, ints: numbers }] }),
    "numbers of an attribute": () => reluWith({ attribute: [{ name: "a", type: 6, floats: numbers }] }),
    "strings of an attribute": () =>
      reluWith({ attribute: [{ name: "a", type: 8, strings: numbers.map(() => new Uint8Array(2)) }] }),
    "attributes of many nodes": () =>
      relu({
        node: [
          RELU,
          ...listOf(63, (i) => ({
            ...RELU,
            output: [`z${i}`],
            attribute: listOf(2 ** 12, (j) => ({ name: `a${i},${j}`, type: 1, f: 1 })),
          })),
        ],
      }),
    "outputs of a node": () => reluWith({ output: ["y", ...listOf(2 ** 19 - 100, (i) => `y${i}`)] }),
    "outputs of many nodes": () =>
      relu({
        node: [RELU, ...listOf(2 ** 16 - 100, (i) => ({ ...RELU, output: listOf(6, (j) => `z${i},${j}`) }))],
      }),
    "integers of a tensor": () => relu({ initializer: [{ name: "w", dims: [N], dataType: 7, int64Data: numbers }] }),
    "numbers of a tensor": () =>
      relu({ initializer: [{ name: "w", dims: [2 ** 26], dataType: 1, floatData: many(2 ** 26) }] }),
    "small numbers of a tensor": () =>
      relu({ initializer: [{ name: "w", dims: [2 ** 24], dataType: 3, int32Data: many(2 ** 24) }] }),
    "numbers of a tensor, one by one": () => oneByOne(2 ** 23 - 100, [0x28, 5], 6),
    "floats of a tensor, one by one": () => oneByOne(2 ** 23 - 100, [0x25, 0, 0, 0, 64], 1),
    "integers of a tensor, one by one": () => oneByOne(N, [0x38, 5], 7),
    "numbers of a sparse tensor": () =>
      relu({ sparseInitializer: [{ values: { name: "w", floatData: many(2 ** 24) } }] }),
    tensors: () =>
      relu({ initializer: listOf(2 ** 17, (i) => ({ name: `w${i}`, dims: [1], dataType: 1, floatData: [1] })) }),
    "inputs of the graph": () => relu({ input: [valueOf("x"), ...listOf(2 ** 14 - 1, (i) => valueOf(`v${i}`, 4))] }),
    "outputs of the graph": () => relu({ output: listOf(2 ** 14, () => valueOf("y", 4)) }),
    "descriptions of values": () => relu({ valueInfo: listOf(100_000, (i) => valueOf(`v${i}`, 4)) }),
    "dimensions of one value": () => relu({ valueInfo: [valueOf("v", N)] }),
    functions: () => relu({}, { functions: listOf(10, () => ({ name: "f", node: listOf(10_000, () => RELU) })) }),
    "a graph for training": () =>
      relu({}, { trainingInfo: [{ initialization: { node: listOf(100_000, () => RELU) } }] }),
    "properties of the model": () =>
      relu({}, { metadataProps: listOf(2 ** 20, (i) => ({ key: `k${i}`, value: "v" })) }),
  };
  it.each(Object.entries(files))("%s", async (_, make) => {
    const bytes = make();
    collectGarbage();
    expect(await longestStretch(bytes)).toBeLessThan(100);
  });
});

describe("more than that is refused at once", () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    [
      "attributes of one node",
      () => reluWith({ attribute: listOf(1e6, (i) => ({ name: `a${i}`, type: 1, f: 1 })) }),
      /byte \d+ \(model.graph.node\): expected at most 4096 for the limit "nodeAttributes", received 4097/,
    ],
    [
      "integers of a tensor",
      () => relu({ initializer: [{ name: "w", dims: [4e6], dataType: 7, int64Data: listOf(4e6, () => 1) }] }),
      /byte \d+ \(model.graph.initializer.int64_data\): expected at most 1048576 for the limit "elements"/,
    ],
    [
      "inputs of the graph",
      () => relu({ input: [valueOf("x"), ...listOf(100_000, (i) => valueOf(`v${i}`, 4))] }),
      /expected at most 16384 inputs, received 100001/,
    ],
    [
      "outputs of the graph",
      () => relu({ output: listOf(100_000, () => valueOf("y")) }),
      /expected at most 16384 outputs, received 100000/,
    ],
  ])("%s", (_, make, message) => {
    const bytes = make();
    const time = spent(() => expect(() => compile(bytes)).toThrow(message));
    expect(time).toBeLessThan(1000);
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
