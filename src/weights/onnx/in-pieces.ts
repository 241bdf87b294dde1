/**
 * Decodes large messages in pieces, so that an abort is heard meanwhile. Protobuf allows it: the fields of a message may be decoded a few at
 * a time, and the numbers of a packed list, too; what repeats is appended.
 */
import onnxProto, { type onnx } from "onnx-proto";
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

/** The decoder of a kind of message; undefined for other kinds. */
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
  let at = 0;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  /** First byte that is not decoded yet. */
  let from = 0;
  const decodeTo = (end: number): void => {
    merge(type.decode(bytes.subarray(from, end)));
    from = end;
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wire = tag & 7;
    if (wire === 0) varint();
    else if (wire !== 2) at += wire === 1 ? 8 : 4;
    else {
      const end = varint() + at;
      const { kind = "", name: field = "", list } = SCHEMA[message][tag >>> 3] ?? {};
      const inner = end - at > RUN && decoderOf(kind);
      if (inner) {
        decodeTo(start);
        const name = field.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
        const value = yield* inPieces(bytes.subarray(at, end), kind as MessageName, inner);
        merge({ [name]: Array.isArray(result[name]) ? [value] : value });
        from = end;
      } else if (end - at > RUN && list) {
        decodeTo(start);
        while (at < end) {
          from = at;
          at = Math.min(at + RUN, end);
          if (kind.startsWith("int")) while (bytes[at - 1]! > 127) at++;
          merge(type.decode(packed(tag, bytes.subarray(from, at))));
          yield;
        }
        from = end;
      }
      at = end;
    }
    if (at - from >= RUN) {
      decodeTo(at);
      yield;
    }
  }
  decodeTo(at);
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
