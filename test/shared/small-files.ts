/** Small files that ask for much work: each is a few bytes a node, and takes `n` nodes, inputs or outputs. */
import { buildModel, node, type ModelSpec, type NodeSpec } from "../onnx-builder";

const picture = [1, 4, 8, 8];
const names = (n: number, prefix = "v"): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i}`);
const model = (nodes: readonly NodeSpec[], output: string, rest: Partial<ModelSpec> = {}): Uint8Array =>
  buildModel({ inputs: [{ name: "x", shape: picture }], outputs: [{ name: output }], nodes, ...rest });

/** x -> op -> op -> ... */
function chain(n: number, op: (from: string, to: string) => NodeSpec, rest: Partial<ModelSpec> = {}): Uint8Array {
  const values = ["x", ...names(n)];
  const nodes = values.slice(1).map((to, i) => op(values[i]!, to));
  return model(nodes, values.at(-1)!, rest);
}

const weights = { name: "w", shape: [4, 4, 1, 1], data: Array.from({ length: 16 }, (_, i) => i / 16) };
const scalar = (name: string, value: number) => ({ name, shape: [], data: [value] });

export const SMALL_FILES: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "chain of Neg": (n) => chain(n, (from, to) => node("Neg", [from], [to])),
  "Relus of one input, of which one is used": (n) =>
    model(
      names(n).map((to) => node("Relu", ["x"], [to])),
      "v0",
    ),
  "Relus of one input, added up": (n) =>
    model([...names(n).map((to) => node("Relu", ["x"], [to])), node("Sum", names(n), ["y"])], "y"),
  "chain of Conv": (n) => chain(n, (from, to) => node("Conv", [from, "w"], [to]), { initializers: [weights] }),
  "Convs of one input, joined": (n) =>
    model(
      [...names(n).map((to) => node("Conv", ["x", "w"], [to])), node("Concat", names(n), ["y"], { axis: 1 })],
      "y",
      {
        initializers: [weights],
      },
    ),
  "Convs of one input, each read by a Conv": (n) =>
    model(
      [
        ...names(n).map((to) => node("Conv", ["x", "w"], [to])),
        ...names(n, "u").map((to, i) => node("Conv", [`v${i}`, "w"], [to])),
        node("Concat", names(n, "u"), ["y"], { axis: 1 }),
      ],
      "y",
      { initializers: [weights] },
    ),
  "Sum of one input": (n) => model([node("Sum", new Array<string>(n).fill("x"), ["y"])], "y"),
  "Sum of constants": (n) =>
    model([node("Sum", new Array<string>(n).fill("c"), ["s"]), node("Add", ["x", "s"], ["y"])], "y", {
      initializers: [scalar("c", 1)],
    }),
  "Concat of one input": (n) => model([node("Concat", new Array<string>(n).fill("x"), ["y"], { axis: 1 })], "y"),
  "Split, joined": (n) =>
    model([node("Split", ["x"], names(n), { axis: 1 }), node("Concat", names(n), ["y"], { axis: 1 })], "y", {
      inputs: [{ name: "x", shape: [1, n, 1, 1] }],
    }),
  "Split, each part read by a Conv": (n) =>
    model(
      [
        node("Split", ["x"], names(n), { axis: 1 }),
        ...names(n, "u").map((to, i) => node("Conv", [`v${i}`, "w"], [to])),
        node("Sum", names(n, "u"), ["y"]),
      ],
      "y",
      { inputs: [{ name: "x", shape: [1, 4 * n, 1, 1] }], initializers: [weights] },
    ),
  "chain of Transpose and Relu": (n) =>
    chain(n, (from, to) =>
      to.endsWith("0") || to.endsWith("5")
        ? node("Relu", [from], [to])
        : node("Transpose", [from], [to], { perm: [0, 2, 3, 1] }),
    ),
  "chain of Mul by a constant": (n) =>
    chain(n, (from, to) => node("Mul", [from, "c"], [to]), { initializers: [scalar("c", 1.0001)] }),
  "chain of Add of itself": (n) => chain(n, (from, to) => node("Add", [from, from], [to])),
  "chain of Identity": (n) => chain(n, (from, to) => node("Identity", [from], [to])),
  "chain of Mul by one": (n) =>
    chain(n, (from, to) => node("Mul", [from, "c"], [to]), { initializers: [scalar("c", 1)] }),
  "chain of constants": (n) =>
    model(
      [
        node("Neg", ["c"], ["v0"]),
        ...names(n - 1).map((from, i) => node("Neg", [from], [`v${i + 1}`])),
        node("Add", ["x", `v${n - 1}`], ["y"]),
      ],
      "y",
      { initializers: [scalar("c", 1)] },
    ),
  "chain of transposed constants": (n) =>
    model(
      [
        node("Transpose", ["c"], ["v0"]),
        ...names(n - 1).map((from, i) => node("Transpose", [from], [`v${i + 1}`])),
        node("Add", ["x", `v${n - 1}`], ["y"]),
      ],
      "y",
      { initializers: [{ name: "c", shape: [8, 8], data: Array.from({ length: 64 }, (_, i) => i) }] },
    ),
  "constants that one op makes of another": (n) =>
    model(
      [
        node("Shape", ["x"], ["s"]),
        ...names(n).map((to) => node("ConstantOfShape", ["s"], [to])),
        node("Sum", ["x", ...names(n)], ["y"]),
      ],
      "y",
    ),
  Tile: (n) =>
    model(
      names(n).map((to) => node("Tile", ["x", "r"], [to])),
      "v0",
      {
        initializers: [{ name: "r", shape: [4], dtype: "i64", data: [1, 2, 2, 2] }],
      },
    ),
  outputs: (n) =>
    model(
      names(n).map((to) => node("Relu", ["x"], [to])),
      "v0",
      { outputs: names(n).map((name) => ({ name })) },
    ),
};
