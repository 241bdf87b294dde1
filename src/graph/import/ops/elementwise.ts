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
  Relu: plain("relu"),
  Sigmoid: plain("sigmoid"),
  Tanh: plain("tanh"),
  Add: two("add"),
  Sub: two("sub"),
  Mul: two("mul"),
  Sqrt: plain("sqrt"),
  Exp: plain("exp"),
  Log: plain("log"),
  Abs: plain("abs"),
  Neg: plain("neg"),
  Floor: plain("floor"),
  Ceil: plain("ceil"),
  Reciprocal: plain("reciprocal"),
  Softplus: plain("softplus"),
  Erf: plain("erf"),
};
