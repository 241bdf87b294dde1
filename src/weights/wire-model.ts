/**
 * onnx-proto's ModelProto.decode as pages have it (tools/vite-onnx-proto.ts puts it in its place): the guard's schema says
 * all that decoding needs, so it takes a tenth of the size. Node without a build, and the tests, use onnx-proto itself.
 */
import { Reader } from "./wire-reader";
import { SCHEMA, type FieldSchema, type MessageName } from "./wire-schema";

/** Strings, bytes and messages that may occur more than once, of those that decode.ts reads. */
const REPEATED = new Set(
  "node initializer input output attribute strings dim opset_import functions sparse_initializer external_data".split(
    " ",
  ),
);

function value(reader: Reader, kind: FieldSchema["kind"]): unknown {
  if (kind in SCHEMA) {
    const length = reader.uint32();
    return message(reader, kind as MessageName, reader.pos + length);
  }
  return reader[kind as "string" | "bytes" | "int32" | "int64" | "float" | "double"]();
}

/** Up to position `end`. Fields that are not there are not set. */
function message(reader: Reader, name: MessageName, end: number): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = SCHEMA[name][tag >>> 3];
    if (!field) {
      reader.skipType(tag & 7);
      continue;
    }
    const key = field.name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const numbers = /^(int32|int64|float|double)s$/.exec(field.kind)?.[1] as FieldSchema["kind"] | undefined;
    if (!numbers && !REPEATED.has(field.name)) {
      made[key] = value(reader, field.kind);
      continue;
    }
    const list = (made[key] ??= []) as unknown[];
    if (!numbers) list.push(value(reader, field.kind));
    else if ((tag & 7) !== 2) list.push(value(reader, numbers));
    else {
      const length = reader.uint32();
      for (const last = reader.pos + length; reader.pos < last;) list.push(value(reader, numbers));
    }
  }
  return made;
}

const ModelProto = {
  /** Bytes that have passed the guard. */
  decode: (bytes: Uint8Array) => message(new Reader(bytes), "Model", bytes.length),
};

/** The part of onnx-proto's namespace that decode.ts calls. */
export default { onnx: { ModelProto } };
