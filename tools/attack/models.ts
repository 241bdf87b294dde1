/** Damaged, hostile and unusual ONNX files: each is refused by a typed error, or computes what onnxruntime computes. */
import { finish } from "../../src/base/pacer";
import { importing } from "../../src/graph/import";
import { lowering } from "../../src/graph/lower/lower";
import type { Program } from "../../src/graph/lower/program";
import { optimizing } from "../../src/graph/optimize";
import { PipelineCache } from "../../src/gpu/pipelines";
import { ENGINE } from "../../src/session/engine";
import { Session } from "../../src/session/session";
import type { InputTensor } from "../../src/session/inputs";
import { decodeModel } from "../../src/weights/onnx/decode";
import type { OnnxModel } from "../../src/weights/onnx/types";
import { randoms } from "../../test/shared/randoms";
import type { Attack, Checked } from "./attack";
import { MODEL_MUTATIONS, smallerModels } from "./model-mutations";
import { mutant } from "./mutations";
import type { Evidence } from "./onnxruntime";
import { attackedDevice, expectLive, refusal } from "./promises";

/** Larger ones are compiled and not run. */
const MOST_BYTES = 2 ** 24;
const MOST_FLOPS = 1e8;

/** A shape for an input: open dimensions are 1 in front and 6 elsewhere. */
function shapeOf(stated: OnnxModel["inputs"][number]["shape"]): number[] {
  return (stated ?? [1, 4, 6, 6]).map((n, i) => (typeof n === "number" ? n : i === 0 ? 1 : 6));
}

/** Compiles the model for these input shapes, as loading it does, without a GPU. */
function compile(model: OnnxModel, inputShapes: Record<string, number[]>): Program {
  const graph = finish(optimizing(finish(importing(model, ENGINE, { inputShapes })), ENGINE));
  return finish(lowering(graph, ENGINE, { elem: "f32" }));
}

function inputsOf(model: OnnxModel, shapes: Record<string, number[]>): Evidence["inputs"] {
  return Object.fromEntries(
    model.inputs.map(({ name, dtype }, i) => {
      const shape = shapes[name]!;
      const count = shape.reduce((product, n) => product * n, 1);
      const numbers = dtype.startsWith("f") ? randoms(count, 7 + i) : randoms(count, 7 + i, 0, 2).map(Math.floor);
      return [name, { dtype, shape, data: numbers }];
    }),
  );
}

let pipelines: PipelineCache | undefined;

async function run(
  bytes: Uint8Array,
  inputShapes: Record<string, number[]>,
  inputs: Evidence["inputs"],
): Promise<Evidence> {
  const { device } = await attackedDevice();
  pipelines ??= new PipelineCache(device);
  const session = await Session.load(bytes, { device, precision: "f32", inputShapes, pipelines, label: "mutant" });
  try {
    return { inputs, outputs: await session.run(inputs as Readonly<Record<string, InputTensor>>) };
  } finally {
    session.dispose();
  }
}

async function check(bytes: Uint8Array): Promise<Checked> {
  let evidence: Evidence;
  const { live } = await attackedDevice();
  const before = live();
  try {
    const model = decodeModel(bytes, { label: "mutant" });
    const shapes = Object.fromEntries(model.inputs.map(({ name, shape }) => [name, shapeOf(shape)]));
    const program = compile(model, shapes);
    const size = program.inputs.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
    if (program.activationBytes + program.weightBytes + size > MOST_BYTES || program.flops > MOST_FLOPS)
      return { outcome: "compiled, too large to run here" };
    evidence = await run(bytes, shapes, inputsOf(model, shapes));
  } catch (error) {
    return { outcome: refusal(error) };
  } finally {
    await expectLive(live, before);
  }
  return { outcome: "computed", evidence };
}

export const models: Attack = {
  name: "models",
  about: "ONNX files: decoded, changed and encoded again, and changed byte by byte",
  share: 8,
  seconds: 5,
  // The budget of constants, which is 64 MiB and four times the file, and what the process needs to work on them.
  memory: 64 * 2 ** 20 + 128e6,
  memoryPerByte: 4,
  invent: (dice, corpus) => mutant(dice, corpus, MODEL_MUTATIONS),
  reductions: smallerModels,
  corpus: async () => (await import("./corpus-models")).corpusModels(),
  check,
  confirm: async (bytes, evidence) => (await import("./onnxruntime")).compare(bytes, evidence as Evidence),
};
