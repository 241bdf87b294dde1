import { describe, expect, test } from "vitest";
import { finish } from "../../../src/base/pacer";
import { ModelError } from "../../../src/base/errors";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { DEFAULT_LIMITS, guarding, type DecodeLimits } from "../../../src/weights/onnx/guard";
import { buildModel, node } from "../../../tools/onnx-writer";
import { thrownBy } from "../../shared/thrown";

const MODEL = buildModel({
  inputs: [{ name: "x", shape: [1, "n"] }],
  outputs: [{ name: "y", shape: [1, "n"] }],
  nodes: [
    node("Constant", [], ["k"], { value: { shape: [2], data: [1, 2] } }),
    node("LeakyRelu", ["x"], ["a"], { alpha: 0.25 }),
    node("Add", ["a", "w"], ["y"], { ints: [1, -2, 300], floats: [0.5, 1.5], names: ["p", "q"] }),
  ],
  initializers: [{ name: "w", shape: [1, 3], data: [1, 2, 3] }],
});

/** Protobuf by hand: a length-delimited field. */
function field(number: number, payload: Uint8Array | number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(payload.length), ...payload];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

const failure = (run: () => unknown): ModelError => thrownBy(ModelError, run);

const guard = (bytes: number[] | Uint8Array, limits: Partial<DecodeLimits> = {}): void =>
  finish(guarding(Uint8Array.from(bytes), "m.onnx", { ...DEFAULT_LIMITS, ...limits }));

test("passes a sound model", () => expect(() => guard(MODEL)).not.toThrow());

test("a model cut off at any byte is a ModelError, never a crash or a model", () => {
  for (let length = 0; length < MODEL.length; length++) {
    const error = failure(() => decodeModel(MODEL.subarray(0, length), { label: "cut" }));
    expect(error.where, `cut at ${length}`).toContain("cut");
  }
});

test("names byte, field path, what was expected and the next step", () => {
  const error = failure(() => guard([...field(7, field(1, [0x0a, 200, 1, 65]))]));
  expect(error.where).toBe("m.onnx, byte 5 (model.graph.node)");
  expect(error.expected).toBe("input to end inside its parent, with 1 bytes left");
  expect(error.received).toBe("200 bytes");
  expect(error.hint).toContain("damaged");
});

describe("hostile files", () => {
  test("nesting: graphs in attributes in nodes, 200 deep", () => {
    let graph: number[] = [];
    for (let i = 0; i < 200; i++) graph = field(1, field(5, field(6, graph)));
    const error = failure(() => guard(field(7, graph)));
    expect(error.expected).toContain('limit "depth"');
    expect(error.hint).toContain("damaged or hostile");
  });

  test("nesting of types in types", () => {
    let type: number[] = [];
    for (let i = 0; i < 200; i++) type = field(4, field(1, type));
    expect(failure(() => guard(field(7, field(11, field(2, type))))).expected).toContain("depth");
  });

  test("lengths beyond the file and beyond 2^32", () => {
    expect(failure(() => guard([0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f])).received).toBe("4294967295 bytes");
    expect(failure(() => guard([0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f])).expected).toContain("below 2^32");
    expect(failure(() => guard([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1])).expected).toContain(
      "below 2^32",
    );
  });

  test("a child longer than its parent, though inside the file", () => {
    const bytes = [...field(7, [0x0a, 3]), ...field(2, [65, 66, 67, 68])];
    expect(failure(() => guard(bytes)).expected).toContain("inside its parent");
  });

  test.each([
    ["a string as a varint", [0x10, 5], "producer_name as length-delimited"],
    ["a message as 32 bits", [0x3d, 0, 0, 0, 0], "graph as length-delimited"],
    ["a version as a string", [0x0a, 1, 0], "ir_version as varint"],
    ["a group", [0x1b, 0x1c], "producer_version as length-delimited"],
    ["an unknown group", [0xfb, 0x06, 0xfc, 0x06], "a wire type of ONNX"],
    ["field number 0", [0x02, 0], "a field number of 1 or more"],
    ["an endless varint", [0x08, ...Array<number>(11).fill(0x80)], "at most 10 bytes"],
    ["half a float", field(7, field(1, field(5, [0x15, 0, 0]))), "4 more bytes"],
    ["a packed list of floats that is no multiple of 4", field(7, field(5, field(4, [0, 0, 0, 0, 0]))), "whole 4-byte"],
    ["a packed list that ends inside a varint", field(7, field(5, field(1, [0x80]))), "1 more bytes"],
    ["a 7-byte data type", field(7, field(5, [0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0])), "a 32-bit integer"],
  ])("%s", (_, bytes, expected) => expect(failure(() => guard(bytes)).expected).toContain(expected));

  test.each([
    ["nodes", field(7, Array<number[]>(11).fill(field(1, [])).flat())],
    ["tensors", field(7, Array<number[]>(11).fill(field(5, [])).flat())],
    ["attributes", field(7, field(1, Array<number[]>(11).fill(field(5, [])).flat()))],
    ["nodeAttributes", field(7, field(1, Array<number[]>(11).fill(field(5, [])).flat()))],
    [
      "names",
      field(
        7,
        field(
          1,
          Array<number[]>(11)
            .fill(field(1, [65]))
            .flat(),
        ),
      ),
    ],
    ["names", field(7, Array<number[]>(11).fill(field(12, [])).flat())],
    ["elements", field(7, field(5, field(1, Array<number>(11).fill(1))))],
    ["elements", field(7, field(11, field(2, field(1, field(2, Array<number[]>(11).fill(field(1, [])).flat())))))],
    ["fields", Array<number[]>(11).fill([0x08, 1]).flat()],
    ["numbers", field(7, field(5, field(4, Array<number>(44).fill(0))))],
    ["numbers", field(7, field(5, Array<number[]>(11).fill([0x28, 1]).flat()))],
    ["numbers", field(7, field(5, field(5, Array<number>(11).fill(1))))],
    ["elements", field(7, field(5, field(7, Array<number>(11).fill(1))))],
    ["elements", field(7, field(5, Array<number[]>(11).fill([0x38, 1]).flat()))],
    ["elements", field(7, field(1, field(5, field(7, Array<number>(44).fill(0)))))],
    [
      "elements",
      field(
        7,
        field(
          1,
          field(
            5,
            Array<number[]>(11)
              .fill(field(9, [65]))
              .flat(),
          ),
        ),
      ),
    ],
    ["stringBytes", field(2, Array<number>(11).fill(65))],
    ["bytes", field(2, Array<number>(9).fill(65))],
  ] as const)("more %s than the limit", (limit, bytes) => {
    const error = failure(() => guard(bytes, { [limit]: 10 }));
    expect(error.expected).toBe(`at most 10 for the limit "${limit}"`);
    expect(() => guard(bytes, { [limit]: 11 })).not.toThrow();
  });

  test("fields of later ONNX versions are passed over", () => {
    const later = [...field(99, [1, 2, 3]), ...varint(98 * 8), 7, ...varint(97 * 8 + 5), 1, 2, 3, 4];
    expect(decodeModel(Uint8Array.from([...MODEL, ...later])).nodes).toHaveLength(3);
  });
});
