/**
 * Decodes large messages in pieces, so that an abort is heard meanwhile. Protobuf allows it: the fields of a message may be decoded a few at
 * a time, and the numbers of a packed list, too; what repeats is appended.
 */
import onnxProto, { type onnx } from "onnx-proto";
import { SCHEMA } from "./wire-schema";

/** Bytes between two yields: a few milliseconds of work. */
const RUN = 2 ** 16;

/** Messages that can be large; raw bytes in them cost nothing. */
type Large = "Model" | "Graph" | "Node" | "Attribute" | "Tensor";
const LARGE = /^(Graph|Node|Attribute|Tensor)$/;

/** The kinds of packed lists of numbers: int32s, int64s, floats, doubles. */
const LIST = /^[ifd].*s$/;

type Fields = Record<string, unknown>;

/** Puts the fields of `part` into `message`; lists are appended. */
function merge(message: Fields, part: object): void {
  for (const [name, value] of Object.entries(part))
    if (Array.isArray(value)) for (const element of value) (message[name] as unknown[]).push(element);
    else message[name] = value;
}

/** A packed list of at most 2^21 bytes as a field of its own. The tags of all lists have one byte. */
function packed(tag: number, list: Uint8Array): Uint8Array {
  const { length } = list;
  return Uint8Array.from([tag, length | 128, (length >> 7) | 128, length >> 14, ...list]);
}

/** Decodes bytes that the guard has accepted, as onnx-proto does at once. */
export function modelInPieces(bytes: Uint8Array): Generator<undefined, onnx.ModelProto> {
  return inPieces(bytes, "Model") as Generator<undefined, object> as Generator<undefined, onnx.ModelProto>;
}

function* inPieces(bytes: Uint8Array, name: Large): Generator<undefined, Fields> {
  const type = onnxProto.onnx[`${name}Proto`];
  const result = type.decode(new Uint8Array()) as unknown as Fields;
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
    merge(result, type.decode(bytes.subarray(from, end)));
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
      const { kind = "", name: field = "" } = SCHEMA[name][tag >>> 3] ?? {};
      if (end - at > RUN && LARGE.test(kind)) {
        decodeTo(start);
        const value = yield* inPieces(bytes.subarray(at, end), kind as Large);
        merge(result, { [field]: Array.isArray(result[field]) ? [value] : value });
        from = end;
      } else if (end - at > RUN && LIST.test(kind)) {
        decodeTo(start);
        while (at < end) {
          from = at;
          at = Math.min(at + RUN, end);
          if (kind.startsWith("int")) while (bytes[at - 1]! > 127) at++;
          merge(result, type.decode(packed(tag, bytes.subarray(from, at))));
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
  return result;
}
