/**
 * Steps over the fields of messages that guard.ts has accepted. In pages it also replaces protobufjs/minimal (by tools/vite-onnx-proto.ts),
 * of which it has the part that onnx-proto's decoders call, in a fifth of the size, because guard.ts has already checked every length and
 * varint. 64-bit integers are then numbers, exact up to 2^53. In Node and in tests onnx-proto uses protobufjs itself.
 */

const utf8 = new TextDecoder();

export class Reader {
  /** Position, and number of bytes. */
  pos = 0;
  readonly len: number;
  readonly #buf: Uint8Array;
  readonly #view: DataView;

  constructor(buf: Uint8Array) {
    this.#buf = buf;
    this.len = buf.length;
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.length);
  }

  static create(buf: Uint8Array): Reader {
    return new Reader(buf);
  }

  /** Reads a base-128 varint as two halves of 32 bits. */
  #varint(): { low: number; high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buf[this.pos++]!;
      const bits = byte & 127;
      if (shift < 32) low |= bits << shift;
      if (shift > 25) high |= shift < 32 ? bits >>> (32 - shift) : bits << (shift - 32);
      if (byte < 128) return { low: low >>> 0, high };
    }
  }

  uint32(): number {
    return this.#varint().low;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  int64(): number {
    const { low, high } = this.#varint();
    return (high | 0) * 2 ** 32 + low;
  }

  uint64(): number {
    const { low, high } = this.#varint();
    return (high >>> 0) * 2 ** 32 + low;
  }

  float(): number {
    return this.#view.getFloat32((this.pos += 4) - 4, true);
  }

  double(): number {
    return this.#view.getFloat64((this.pos += 8) - 8, true);
  }

  /** A view, not a copy. */
  bytes(): Uint8Array {
    const length = this.uint32();
    return this.#buf.subarray(this.pos, (this.pos += length));
  }

  string(): string {
    return utf8.decode(this.bytes());
  }

  /** Skips a field that onnx-proto does not know. The guard refuses groups. */
  skipType(wire: number): void {
    if (wire === 0) this.uint32();
    else if (wire === 2) this.bytes();
    else this.pos += wire === 1 ? 8 : 4;
  }
}

/** onnx-proto stores its namespace here. */
export const roots = {};
