import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import onnxProto from "onnx-proto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildModel, node, type NodeSpec } from "../../tools/onnx-writer";

let folder: string;

/** Writes a node test of one op on x. */
function writeTest(name: string, spec: NodeSpec, x: readonly number[], y: readonly number[], shape = [x.length]): void {
  const data = join(folder, name, "test_data_set_0");
  mkdirSync(data, { recursive: true });
  const model = buildModel({ inputs: [{ name: "x", shape }], nodes: [spec], outputs: [{ name: "y" }] });
  writeFileSync(join(folder, name, "model.onnx"), model);
  const write = (file: string, values: readonly number[]): void => {
    const rawData = new Uint8Array(Float32Array.from(values).buffer);
    const proto = onnxProto.onnx.TensorProto.create({ dims: shape, dataType: 1, rawData });
    writeFileSync(join(data, file), onnxProto.onnx.TensorProto.encode(proto).finish());
  };
  write("input_0.pb", x);
  write("output_0.pb", y);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "verify-ops-"));
  writeTest("test_abs", node("Abs", ["x"], ["y"]), [-1, 2], [1, 2]);
  writeTest("test_neg", node("Neg", ["x"], ["y"]), [-1, 2], [1, 2]);
  writeTest(
    "test_maxpool_4d",
    node("MaxPool", ["x"], ["y"], { kernel_shape: [1, 1, 1, 1] }),
    [1],
    [1],
    [1, 1, 1, 1, 1, 1],
  );
  writeTest("test_lstm", node("LSTM", ["x"], ["y"]), [1], [1]);
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ["--import", "./tools/register.mjs", "tools/verify-ops/main.ts", ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8" });
}

it("reports passed, refused and wrong tests of the ops that the engine has", () => {
  const { status, stdout } = run(folder);
  expect(stdout.trim().split("\n")).toEqual([
    "Abs: 1 passed",
    "MaxPool: 1 refused",
    "  refused test_maxpool_4d: 4 spatial dimensions",
    "Neg: 1 WRONG",
    "  wrong test_neg: y[1] is -2 and not 2 (run time)",
    "",
    "1 of 3 tests pass (33.3 %), 1 are wrong.",
  ]);
  expect(status).toBe(1);
});

it("runs the tests of one op", () => {
  const { status, stdout } = run(folder, "--op", "Abs");
  expect(stdout).toContain("1 of 1 tests pass (100.0 %), 0 are wrong.");
  expect(status).toBe(0);
});

it("says where tests come from where there are none", () => {
  const { status, stderr } = run(join(folder, "test_abs"));
  expect(stderr).toMatch(/expected node tests .* received none.*onnx\/backend\/test\/data\/node/s);
  expect(status).toBe(1);
});
