/** Functions of one tensor and arithmetic of two, each a node of the graph. */
import type { Activation, BinaryFn } from "../../ir";
import type { Importer, OpTable } from "../context";
import { binary, unary } from "../primitives";

type PlainFn = Exclude<Activation["fn"], "leakyRelu" | "elu" | "hardSigmoid" | "clip">;

const plain =
  (fn: PlainFn): Importer =>
  (ctx) =>
    unary(ctx, { fn }, ctx.input(0));

const two =
  (fn: BinaryFn): Importer =>
  (ctx) =>
    binary(ctx, fn, ctx.input(0), ctx.input(1));

export const elementwiseOps: OpTable = {
  Relu: { import: plain("relu") },
  Sigmoid: { import: plain("sigmoid") },
  Tanh: { import: plain("tanh"), notes: "infinite numbers stay infinite, so that an overflow shows" },
  Add: { import: two("add") },
  Sub: { import: two("sub") },
  Mul: { import: two("mul") },
  Sqrt: { import: plain("sqrt") },
  Exp: { import: plain("exp") },
  Log: { import: plain("log") },
  Abs: { import: plain("abs") },
  Neg: { import: plain("neg") },
  Floor: { import: plain("floor") },
  Ceil: { import: plain("ceil") },
  Reciprocal: { import: plain("reciprocal") },
  Softplus: { import: plain("softplus") },
  Erf: { import: plain("erf"), since: 9 },
};
