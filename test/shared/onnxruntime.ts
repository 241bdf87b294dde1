/** Runs an ONNX file by onnxruntime's CPU provider, the reference of whole networks. */
import * as ort from "onnxruntime-node";
import type { Shape } from "../../src/graph/ir";
import type { Tensor } from "../../src/session/inputs";

/** All outputs of a model whose inputs and outputs are float32. `model`: its bytes, or its path, where it has external data. */
export async function runOnnxruntime(
  model: Uint8Array | string,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Tensor>> {
  const options = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await (typeof model === "string"
    ? ort.InferenceSession.create(model, options)
    : ort.InferenceSession.create(model, options));
  const inputs = Object.entries(feeds).map(([name, { data, shape }]): [string, ort.Tensor] => [
    name,
    new ort.Tensor("float32", data as Float32Array, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(inputs));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: data as Float32Array, shape: dims as Shape },
    ]),
  );
}
