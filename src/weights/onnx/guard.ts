/**
 * Checks the protobuf wire format of an ONNX file before onnx-proto decodes it, so that a damaged or malicious file is
 * refused with a byte offset instead of exhausting the stack or the memory. It allocates only a stack of at most `depth`
 * frames, and takes about a microsecond per field (raw tensor bytes are skipped).
 *
 * onnx-proto reads accepted files the same way: every length lies inside its parent, every known field has the wire type
 * that the decoder assumes without a check, and no varint is longer than the decoder's.
 */
import { ModelError } from "../../base/errors";
import { SCHEMA, type Counter, type FieldSchema, type MessageName } from "./wire-schema";

/** Upper bounds; each protects the decoder from a file that is small on disk and large in memory. */
export interface DecodeLimits {
  /** Size of the file. Protobuf itself is limited to 2 GiB. */
  readonly bytes: number;
  /** Nesting depth of messages. A graph inside an attribute adds 3. */
  readonly depth: number;
  readonly nodes: number;
  /** Inputs and outputs of all nodes and graphs, and descriptions of values. */
  readonly names: number;
  readonly tensors: number;
  readonly attributes: number;
  /** Attributes of one node. */
  readonly nodeAttributes: number;
  /** Fields of any kind, which bounds the number of objects that the decoder creates. */
  readonly fields: number;
  /** Bytes of one string. */
  readonly stringBytes: number;
  /** Numbers in all float_data, int32_data and double_data together (raw_data has no such bound). */
  readonly numbers: number;
  /** Elements of all other lists together: 64-bit integers, dimensions, lists of attributes. The decoder may create an object for each. */
  readonly elements: number;
}

export const DEFAULT_LIMITS: DecodeLimits = {
  bytes: 2 ** 31 - 1,
  depth: 48,
  nodes: 2 ** 17,
  names: 2 ** 19,
  tensors: 2 ** 17,
  attributes: 2 ** 18,
  nodeAttributes: 2 ** 12,
  fields: 2 ** 23,
  stringBytes: 2 ** 24,
  numbers: 2 ** 26,
  elements: 2 ** 20,
};

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
/** The wire types of numbers; all else is DELIMITED. */
const WIRES: Partial<Record<string, number>> = { int32: VARINT, int64: VARINT, float: FIXED32, double: FIXED64 };
const WIRE_NAMES = ["varint", "64-bit", "length-delimited", "group start", "group end", "32-bit"];
const DAMAGED = "The file is truncated or damaged: fetch it again, or export it again.";

/** A message, or a packed list of integers. */
interface Frame {
  /** The field that holds it. */
  readonly field: FieldSchema;
  readonly end: number;
  /** Attributes so far. */
  attributes: number;
}

/** Fields and integers of lists between two yields. */
const STRETCH = 2 ** 12;

/**
 * Checks `bytes`, and yields now and then. Throws ModelError, naming the byte offset and the field, when they are not a
 * well-formed, bounded ONNX file.
 */
export function guarding(
  bytes: Uint8Array,
  label: string,
  limits: DecodeLimits = DEFAULT_LIMITS,
): Generator<undefined> {
  return new Guard(bytes, label, limits).walk();
}

type Counts = Record<Counter | "fields", number>;

class Guard {
  readonly #stack: Frame[] = [];
  #position = 0;
  readonly #counts: Counts = { fields: 0, nodes: 0, names: 0, tensors: 0, attributes: 0, numbers: 0, elements: 0 };
  readonly #bytes: Uint8Array;
  readonly #label: string;
  readonly #limits: DecodeLimits;

  constructor(bytes: Uint8Array, label: string, limits: DecodeLimits) {
    this.#bytes = bytes;
    this.#label = label;
    this.#limits = limits;
  }

  *walk(): Generator<undefined> {
    const bytes = this.#bytes;
    const stack = this.#stack;
    if (bytes.length === 0) this.#fail(0, "an ONNX file", "an empty file");
    if (bytes.length > this.#limits.bytes) this.#over(0, "bytes", bytes.length);
    stack.push({ field: { name: "model", kind: "ModelProto" }, end: bytes.length, attributes: 0 });
    while (stack.length > 0) {
      this.#stretch();
      yield;
    }
  }

  /** Checks up to STRETCH fields and integers of lists. */
  #stretch(): void {
    const stack = this.#stack;
    for (let i = 0; i < STRETCH; i++) {
      const frame = stack.at(-1);
      if (!frame) return;
      if (this.#position === frame.end) stack.pop();
      else if (frame.field.list) this.#integer(frame);
      else this.#field(frame.field.kind as MessageName, frame);
    }
  }

  /** Checks one field: its tag, then its value. For a message, pushes a frame; the loop in `walk` continues inside it. */
  #field(message: MessageName, frame: Frame): void {
    const start = this.#position;
    this.#count("fields", 1, start);
    const tag = this.#uint32(frame.end, "a field's tag");
    const wire = tag & 7;
    const schema = SCHEMA[message][tag >>> 3];
    if (tag >>> 3 === 0) this.#fail(start, "a field number of 1 or more", "0");
    if (schema === undefined) return this.#skip(wire, frame.end, start);
    const { name, kind, counts } = schema;
    if (schema.list && wire === DELIMITED) return this.#packed(schema, frame, start);
    const expected = WIRES[kind] ?? DELIMITED;
    if (wire !== expected)
      this.#fail(start, `${name} as ${WIRE_NAMES[expected]!}`, WIRE_NAMES[wire] ?? `wire type ${wire}`);
    if (counts) this.#count(counts, 1, start);
    switch (kind) {
      case "int32":
        return this.#int32(frame.end);
      case "int64":
        return void this.#varintLength(frame.end);
      case "float":
        return this.#step(4, frame.end);
      case "double":
        return this.#step(8, frame.end);
      case "bytes":
      case "string": {
        const length = this.#length(frame.end, name);
        if (kind === "string" && length > this.#limits.stringBytes) this.#over(start, "stringBytes", length);
        this.#position += length;
        return;
      }
      case "AttributeProto":
        if (++frame.attributes > this.#limits.nodeAttributes) this.#over(start, "nodeAttributes", frame.attributes);
    }
    if (this.#stack.length >= this.#limits.depth) this.#over(start, "depth", this.#stack.length + 1);
    this.#push(schema, frame);
  }

  /** Reads the length of a message or list; the loop goes on inside it. */
  #push(field: FieldSchema, parent: Frame): void {
    const end = this.#length(parent.end, field.name) + this.#position;
    this.#stack.push({ field, end, attributes: 0 });
  }

  /** Checks a packed list of floats, or begins one of integers. */
  #packed(schema: FieldSchema, parent: Frame, start: number): void {
    const { name, kind } = schema;
    const size = kind === "float" ? 4 : 8;
    if (WIRES[kind] === VARINT) return this.#push(schema, parent);
    const length = this.#length(parent.end, name);
    if (length % size !== 0) this.#fail(start, `${name} to hold whole ${size}-byte numbers`, `${length} bytes`);
    this.#count(schema.counts!, length / size, start);
    this.#position += length;
  }

  /** Checks one integer of a packed list. */
  #integer({ field, end }: Frame): void {
    this.#count(field.counts!, 1, this.#position);
    if (field.kind === "int32") this.#int32(end);
    else this.#varintLength(end);
  }

  #skip(wire: number, end: number, start: number): void {
    if (wire === VARINT) this.#varintLength(end);
    else if (wire === FIXED64) this.#step(8, end);
    else if (wire === FIXED32) this.#step(4, end);
    else if (wire === DELIMITED) {
      const length = this.#length(end, "a field of a later ONNX version");
      this.#position += length;
    } else
      this.#fail(start, "a wire type of ONNX (0, 1, 2 or 5)", `${wire}`, "This is not an ONNX file, or it is damaged.");
  }

  #step(size: number, end: number): void {
    if (this.#position + size > end) this.#short(size, end);
    this.#position += size;
  }

  /** Reads the length of a delimited value and checks that the value ends before `end`. */
  #length(end: number, what: string): number {
    const at = this.#position;
    const length = this.#uint32(end, `the length of ${what}`);
    if (length > end - this.#position)
      this.#fail(at, `${what} to end inside its parent, with ${end - this.#position} bytes left`, `${length} bytes`);
    return length;
  }

  /** Reads an unsigned varint of at most 5 bytes: a tag or a length. */
  #uint32(end: number, what: string): number {
    const at = this.#position;
    let value = 0;
    for (let i = 0; i < 5; i++) {
      if (this.#position >= end) this.#fail(at, `${what}`, "the end of the data");
      const byte = this.#bytes[this.#position++]!;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) {
        if (value >= 2 ** 32) break;
        return value;
      }
    }
    return this.#fail(at, `${what} below 2^32`, "a larger number");
  }

  /** Skips a varint of 1 to 10 bytes and returns its length. */
  #varintLength(end: number): number {
    const at = this.#position;
    for (let i = 1; i <= 10; i++) {
      if (this.#position >= end) this.#short(1, end);
      if (this.#bytes[this.#position++]! < 128) return i;
    }
    return this.#fail(at, "an integer of at most 10 bytes", "a longer one");
  }

  /** Checks a 32-bit integer: 1 to 5 bytes, or 10 when negative. */
  #int32(end: number): void {
    const at = this.#position;
    const length = this.#varintLength(end);
    if (length > 5 && length < 10) this.#fail(at, "a 32-bit integer", `one of ${length} bytes`);
  }

  #count(counter: keyof Counts, by: number, at: number): void {
    this.#counts[counter] += by;
    if (this.#counts[counter] > this.#limits[counter]) this.#over(at, counter, this.#counts[counter]);
  }

  #over(at: number, limit: keyof DecodeLimits, received: number): never {
    return this.#fail(
      at,
      `at most ${this.#limits[limit]} for the limit "${limit}"`,
      `${received}`,
      "The file is damaged or hostile, or its weights belong in files of their own (external data).",
    );
  }

  #short(size: number, end: number): never {
    return this.#fail(this.#position, `${size} more bytes`, `${end - this.#position}`);
  }

  #fail(at: number, expected: string, received: string, hint = DAMAGED): never {
    const path = this.#stack.map(({ field }) => field.name).join(".") || "model";
    throw new ModelError({ where: `${this.#label}, byte ${at} (${path})`, expected, received, hint });
  }
}
