/** Writes PNG files (ISO/IEC 15948) of 8-bit samples, band by band, with the ICC profile of their source, which a canvas would lose. */

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel: grey, grey and alpha, RGB, RGBA. Alpha is straight. */
  readonly channels: 1 | 2 | 3 | 4;
  /** An ICC profile of grey for one or two channels, else of RGB. */
  readonly icc?: Uint8Array<ArrayBuffer> | undefined;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** PNG's colour type by channels. */
const COLOUR_TYPE = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

/** `bands` are whole rows of samples from top to bottom, [rows, width, channels]; one is in memory at a time. */
export async function encodePng(
  { width, height, channels, icc }: PngHeader,
  bands: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<Blob> {
  const header = new DataView(new ArrayBuffer(13)); // the last three bytes: usual compression and filters, not interlaced
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, COLOUR_TYPE[channels]);
  const parts = [SIGNATURE, chunk("IHDR", new Uint8Array(header.buffer))];
  if (icc) {
    const name = new TextEncoder().encode("icc\0\0"); // method 0: deflate
    const data = await new Blob([name, await deflated([icc])]).arrayBuffer();
    parts.push(chunk("iCCP", new Uint8Array(data)));
  }
  parts.push(chunk("IDAT", await deflated(filtered(bands, width * channels))), chunk("IEND", new Uint8Array()));
  return new Blob(parts, { type: "image/png" });
}

/** Each row with a zero before it: no filter. */
async function* filtered(
  bands: AsyncIterable<Uint8Array<ArrayBuffer>>,
  length: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const band of bands) {
    const rows = new Uint8Array((band.length / length) * (length + 1));
    for (let from = 0, to = 1; from < band.length; from += length, to += length + 1)
      rows.set(band.subarray(from, from + length), to);
    yield rows;
  }
}

async function deflated(
  parts: AsyncIterable<Uint8Array<ArrayBuffer>> | Iterable<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new CompressionStream("deflate");
  const writer = writable.getWriter();
  const write = async (): Promise<void> => {
    try {
      for await (const part of parts) await writer.write(part);
      await writer.close();
    } catch (error) {
      await writer.abort(error);
      throw error;
    }
  };
  const [bytes] = await Promise.all([new Response(readable).arrayBuffer(), write()]);
  return new Uint8Array(bytes);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** Length, type, data, CRC-32 of type and data. (The package has this too, but not for its users.) */
function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(4, 8 + data.length)) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  view.setUint32(8 + data.length, ~crc >>> 0);
  return bytes;
}
