/** A model of each op that the engine imports, as test/reference says how ONNX writes it. */
import { readdir } from "node:fs/promises";
import { buildModel, type InitializerSpec } from "../../tools/onnx-writer";
import { onnx as computedAtLoad } from "../reference/computed-at-load";
import { INPUTS, type OnnxExample } from "../reference/onnx-example";

/** By op; the second example of an op has a number behind its name. */
export async function opModels(): Promise<Record<string, Uint8Array>> {
  const folder = new URL("../reference/ops/", import.meta.url);
  const examples: OnnxExample[] = [...computedAtLoad];
  for (const name of (await readdir(folder)).sort()) {
    const { onnx = [] } = (await import(new URL(name, folder).href)) as { readonly onnx?: readonly OnnxExample[] };
    examples.push(...onnx);
  }
  const models: Record<string, Uint8Array> = {};
  for (const example of examples) {
    const count = Object.keys(models).filter((name) => name.split("-")[0] === example.op).length;
    models[count === 0 ? example.op : `${example.op}-${count + 1}`] = modelOf(example);
  }
  return models;
}

function modelOf({ op, inputs, attributes, outputs, dtype, opset }: OnnxExample): Uint8Array {
  const initializers: InitializerSpec[] = [];
  const operands = inputs.map((input, i) => {
    if (typeof input === "string") return input;
    initializers.push({ ...input, name: `c${i}` });
    return `c${i}`;
  });
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  return buildModel({
    opset,
    inputs: Object.entries(INPUTS).filter(([name]) => operands.includes(name)).map(([name, { shape }]) => ({ name, shape })), // prettier-ignore
    outputs: names.map((name) => ({ name, dtype })),
    nodes: [{ op, inputs: operands, outputs: names, attributes, name: "n" }],
    initializers,
  });
}
