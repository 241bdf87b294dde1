/** Grey PNG files with a grey ICC profile, byte by byte: what archives' scans are, and no library here writes. */
import { deflateSync } from "node:zlib";
import { pngChunk } from "../../src/image/picture-chunks";

/** A minimal ICC v2 profile of one grey channel with this gamma, or these samples of its curve: header, white point, tone curve. */
export function greyProfile(tone: number | readonly number[]): Buffer {
  const fixed = (value: number): number => Math.round(value * 65536);
  const d50 = [0.9642, 1, 0.8249].map(fixed);
  const white = Buffer.alloc(20);
  white.write("XYZ ", 0, "latin1");
  d50.forEach((value, i) => white.writeInt32BE(value, 8 + 4 * i));
  const values = typeof tone === "number" ? [Math.round(tone * 256)] : tone;
  const curve = Buffer.alloc(12 + 4 * Math.ceil(values.length / 2));
  curve.write("curv", 0, "latin1");
  curve.writeUInt32BE(values.length, 8);
  values.forEach((value, i) => curve.writeUInt16BE(value, 12 + 2 * i));
  const table = Buffer.alloc(4 + 2 * 12);
  table.writeUInt32BE(2, 0);
  table.write("wtpt", 4, "latin1");
  table.writeUInt32BE(128 + table.length, 8);
  table.writeUInt32BE(white.length, 12);
  table.write("kTRC", 16, "latin1");
  table.writeUInt32BE(128 + table.length + white.length, 20);
  table.writeUInt32BE(curve.length, 24);
  const header = Buffer.alloc(128);
  header.writeUInt32BE(128 + table.length + white.length + curve.length, 0);
  header.writeUInt32BE(0x02400000, 8);
  header.write("mntrGRAYXYZ ", 12, "latin1");
  header.write("acsp", 36, "latin1");
  d50.forEach((value, i) => header.writeInt32BE(value, 68 + 4 * i));
  return Buffer.concat([header, table, white, curve]);
}

/** A TIFF structure that holds the orientation only. */
function orientationBlock(orientation: number): Buffer {
  const bytes = Buffer.from("II*\0\b\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0", "latin1");
  bytes.writeUInt16LE(orientation, 18);
  return bytes;
}

/** A flat picture, 4 wide and 2 high, with samples of 50 % (0x8000 of 16 bits, 0x80 of 8). */
export function greyPng(bits: 8 | 16, gamma: number | Buffer, orientation = 1): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(4, 0);
  header.writeUInt32BE(2, 4);
  header[8] = bits;
  const row = Buffer.alloc(1 + (4 * bits) / 8);
  for (let at = 1; at < row.length; at += bits / 8) row[at] = 0x80;
  const profile = Buffer.concat([
    Buffer.from("p\0\0", "latin1"),
    deflateSync(typeof gamma === "number" ? greyProfile(gamma) : gamma),
  ]);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("iCCP", profile),
    pngChunk("eXIf", orientationBlock(orientation)),
    pngChunk("IDAT", deflateSync(Buffer.concat([row, row]))),
    pngChunk("IEND", new Uint8Array()),
  ]);
}
