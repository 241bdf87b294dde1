import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Reader } from "../../../src/weights/onnx/wire-reader";

const require = createRequire(createRequire(import.meta.url).resolve("onnx-proto"));
/** protobufjs as Node's bundle of onnx-proto uses it. */
const protobuf = require("protobufjs/minimal") as {
  Reader: { create(bytes: Uint8Array): Record<string, () => unknown> & { skipType(wire: number): void; pos: number } };
  Writer: { create(): Record<string, (value: unknown) => unknown> & { finish(): Uint8Array } };
};

const INTEGERS = [0, 1, 127, 128, 300, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 35, 2 ** 40 + 5, 2 ** 53 - 1];

test.each([
  ["uint32", INTEGERS.filter((n) => n < 2 ** 32)],
  ["int32", [...INTEGERS.filter((n) => n < 2 ** 31), -1, -(2 ** 31)]],
  ["int64", [...INTEGERS, -1, -300, -(2 ** 40), -(2 ** 53)]],
  ["uint64", INTEGERS],
  ["float", [0, -0, 1.5, Infinity, 2 ** -149]],
  ["double", [0, Math.PI, -1e300]],
  ["string", ["", "conv", "grau\u00df \u{1f4f7}"]],
] as const)("%s values read as protobufjs reads them", (kind, values) => {
  const writer = protobuf.Writer.create();
  for (const value of values) writer[kind]!(value);
  const bytes = writer.finish();
  // An offset view, as a file inside a larger buffer is.
  const reader = Reader.create(Uint8Array.of(9, ...bytes).subarray(1));
  const theirs = protobuf.Reader.create(bytes);
  for (const value of values) {
    expect(reader[kind]()).toBe(value);
    theirs[kind]!();
    expect(reader.pos).toBe(theirs.pos);
  }
  expect(reader.pos).toBe(reader.len);
});

test("a varint of ten bytes keeps its low 32 bits", () => {
  const bytes = protobuf.Writer.create().int64!(-5) as unknown as { finish(): Uint8Array };
  expect(new Reader(bytes.finish()).int32()).toBe(-5);
});

test("unknown fields are stepped over", () => {
  for (const [wire, bytes] of [
    [0, [0x80, 0x80, 0x01]],
    [1, [1, 2, 3, 4, 5, 6, 7, 8]],
    [2, [3, 1, 2, 3]],
    [5, [1, 2, 3, 4]],
  ] as const) {
    const reader = new Reader(Uint8Array.of(...bytes, 42));
    reader.skipType(wire);
    expect(reader.uint32()).toBe(42);
  }
});
