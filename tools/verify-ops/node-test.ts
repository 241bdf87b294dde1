/** A node test of the ONNX project, read from its folder: model.onnx and test_data_set_0/input_0.pb, output_0.pb, ... */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import onnxProto from "onnx-proto";
import { finish } from "../../src/base/pacer";
import { decodeConstant } from "../../src/graph/import/decode-constant";
import type { Shape } from "../../src/graph/ir";
import { decodeModel } from "../../src/weights/onnx/decode";
import { decodingTensor, unreadType } from "../../src/weights/onnx/tensor";
import type { OnnxDType, OnnxModel } from "../../src/weights/onnx/types";

/** The elements of a tensor as numbers. */
export interface Values {
  readonly dtype: OnnxDType;
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

export interface NodeTest {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly model: OnnxModel;
  readonly inputs: Readonly<Record<string, Values>>;
  /** The expected outputs. */
  readonly outputs: Readonly<Record<string, Values>>;
}

/** The file's tensor. Throws where there is none, as for sequences, and where the decoder does not read its element type. */
function readTensor(folder: string, file: string): Values {
  const path = join(folder, file);
  if (!existsSync(path)) throw new Error("a value that is no tensor");
  const proto = onnxProto.onnx.TensorProto.decode(new Uint8Array(readFileSync(path)));
  const unread = unreadType(proto.dataType);
  if (unread !== undefined) throw new Error(`elements of ${unread}`);
  const { dtype, shape, data } = decodeConstant(finish(decodingTensor(proto, file, file, undefined)), file);
  return { dtype, shape, data };
}

function readTensors(folder: string, kind: "input" | "output", names: readonly string[]): Record<string, Values> {
  const data = join(folder, "test_data_set_0");
  return Object.fromEntries(names.map((name, i) => [name, readTensor(data, `${kind}_${i}.pb`)]));
}

/** Names of the tests in a folder. Throws where there is none. */
export function testNames(folder: string): string[] {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const tests = names.filter((name) => existsSync(join(folder, name, "model.onnx")));
  if (tests.length === 0)
    throw new Error(
      `${folder}: expected node tests (test_abs/model.onnx, ...), received none. ` +
        "They are in onnx/backend/test/data/node of older versions of PyPI's onnx; python tools/verify-ops/node_tests.py writes those of newer ones.",
    );
  return tests;
}

/** The model alone, to see what it tests. */
export function readTestModel(folder: string, name: string): { readonly bytes: Uint8Array; readonly model: OnnxModel } {
  const bytes = new Uint8Array(readFileSync(join(folder, name, "model.onnx")));
  return { bytes, model: decodeModel(bytes, { label: name }) };
}

export function readTest(folder: string, name: string): NodeTest {
  const { bytes, model } = readTestModel(folder, name);
  const names = (values: readonly { readonly name: string }[]): string[] => values.map((value) => value.name);
  return {
    name,
    bytes,
    model,
    inputs: readTensors(join(folder, name), "input", names(model.inputs)),
    outputs: readTensors(join(folder, name), "output", names(model.outputs)),
  };
}
