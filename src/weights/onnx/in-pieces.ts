/**
 * Decodes large messages in pieces, so that an abort is heard meanwhile. Protobuf allows it: the fields of a message may be decoded a few at
 * a time, and the numbers of a packed list, too; what repeats is appended.
 */
import onnxProto, { type onnx } from "onnx-proto";
import { Reader } from "./wire-reader";
import { SCHEMA, type MessageName } from "./wire-schema";

/** Bytes between two yields: a few milliseconds of work. */
const RUN = 2 ** 16;

/** Arrays for lists of up to 67 million numbers: JavaScript copies a list again and again while it grows. */
const ARRAYS = { floatData: Float32Array, doubleData: Float64Array, int32Data: Int32Array };

type ArrayName = keyof typeof ARRAYS;
type NumberArray = InstanceType<(typeof ARRAYS)[ArrayName]>;
type Fields = Record<string, unknown>;
interface Decoder {
  decode(bytes: Uint8Array): object;
}

/** The decoder of a kind of message; undefined for other kinds, and in pages for messages that nothing reads. */
function decoderOf(kind: string): Decoder | undefined {
  const inner = (outer: unknown, name: string): unknown => (outer as Fields | undefined)?.[name];
  return kind.split(".").reduce(inner, onnxProto.onnx) as Decoder | undefined;
}

/** A packed list of at most 2^21 bytes as a field of its own. The tags of all lists have one byte. */
function packed(tag: number, list: Uint8Array): Uint8Array {
  const { length } = list;
  return Uint8Array.from([tag, length | 128, (length >> 7) | 128, length >> 14, ...list]);
}

/** Decodes bytes that the guard has accepted, as onnx-proto does at once; but a large tensor's lists of numbers may be typed arrays. */
export function modelInPieces(bytes: Uint8Array): Generator<undefined, onnx.ModelProto> {
  return inPieces(bytes, "ModelProto", onnxProto.onnx.ModelProto) as Generator<undefined, never>;
}

function* inPieces(bytes: Uint8Array, message: MessageName, type: Decoder): Generator<undefined, object> {
  const result = type.decode(new Uint8Array()) as Fields;
  const arrays: Partial<Record<ArrayName, NumberArray[]>> = {};
  /** Puts the fields of `part` into the result; lists are appended. */
  const merge = (part: object): void => {
    for (const [name, value] of Object.entries(part))
      if (!Array.isArray(value)) result[name] = value;
      else if (!(name in ARRAYS)) for (const element of value) (result[name] as unknown[]).push(element);
      else if (value.length > 0) (arrays[name as ArrayName] ??= []).push(ARRAYS[name as ArrayName].from(value));
  };
  const reader = new Reader(bytes);
  /** First byte that is not decoded yet. */
  let from = 0;
  const decodeTo = (end: number): void => {
    merge(type.decode(bytes.subarray(from, end)));
    from = end;
  };
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    const wire = tag & 7;
    const { kind = "", name: field = "", list } = SCHEMA[message][tag >>> 3] ?? {};
    if (wire !== 2) reader.skipType(wire);
    else {
      const value = reader.bytes();
      const inner = value.length > RUN && decoderOf(kind);
      if (inner) {
        decodeTo(start);
        const name = field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
        const decoded = yield* inPieces(value, kind as MessageName, inner);
        merge({ [name]: Array.isArray(result[name]) ? [decoded] : decoded });
        from = reader.pos;
      } else if (value.length > RUN && list) {
        decodeTo(start);
        for (let at = 0, end = 0; at < value.length; at = end) {
          end = Math.min(at + RUN, value.length);
          if (kind.startsWith("int")) while (value[end - 1]! > 127) end++;
          merge(type.decode(packed(tag, value.subarray(at, end))));
          yield;
        }
        from = reader.pos;
      }
    }
    if (reader.pos - from >= RUN) {
      decodeTo(reader.pos);
      yield;
    }
  }
  decodeTo(reader.pos);
  for (const [name, parts] of Object.entries(arrays)) {
    const whole = new ARRAYS[name as ArrayName](parts.reduce((sum, { length }) => sum + length, 0));
    let end = 0;
    for (const part of parts) {
      whole.set(part, end);
      end += part.length;
      yield;
    }
    result[name] = whole;
  }
  return result;
}
