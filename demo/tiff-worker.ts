/** Decodes TIFF files away from the page, which stays responsive. A file comes in; its pages' positions, or one page as PNG with its EXIF, goes out. */
import { fromBlob, type GeoTIFFImage } from "geotiff";
import { carryExif } from "../src/index";
import { encodePng, type PngHeader } from "./png";
import { takeJob } from "./run-worker";

export interface TiffJob {
  readonly file: Blob;
  /** Without it, the answer is the positions of the pages. */
  readonly page?: number;
}

/** 2^28 pixels, 1 GiB of RGBA, as on the command line. */
const MAX_PIXELS = 2 ** 28;
/** Bytes of pixels from a byte of the file: deflate makes at most 1032, LZW with its 4096 strings some 1400, JPEG fewer. */
const MAX_RATIO = 1500;
/** Samples that are decoded at a time, or one row of tiles where that is more. */
const BAND = 2 ** 21;
/** TIFF 6.0: a file's pages are a list, whose end is 0. */
const END = 0;
/** TIFF 6.0, NewSubfileType: bit 0 is a smaller copy of another page, bit 2 a mask. */
const NO_PAGE = 0b101;
/** PhotometricInterpretation. */
const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE] = [0, 1, 2, 3];
/** ExtraSamples: colours are multiplied by this alpha, or are not. */
const [PREMULTIPLIED, STRAIGHT] = [1, 2];
const ICC_PROFILE = 34_675;
/** SampleFormat. */
const UNSIGNED = 1;

type Samples = ArrayLike<number>;

/** How samples become those of a PNG file. */
interface Reader {
  readonly channels: PngHeader["channels"];
  /** Rows from `top` to before `end`. */
  read(top: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

async function pagesOf(file: Blob): Promise<number[]> {
  const tiff = await fromBlob(file);
  const all: number[] = [];
  const pages: number[] = [];
  const seen = new Set<number>();
  for (let next = Number(tiff.firstIFDOffset); next !== END && !seen.has(next);) {
    seen.add(next);
    const at = all.push(all.length) - 1;
    try {
      const { fileDirectory } = await tiff.getImage(at);
      next = Number(fileDirectory.nextIFDByteOffset);
      if (!(Number((await fileDirectory.loadValue("NewSubfileType")) ?? 0) & NO_PAGE)) pages.push(at);
    } catch (error) {
      if (at === 0) throw error;
      pages.push(at); // a page that fails when it is read
      break;
    }
  }
  return pages.length > 0 ? pages : all;
}

async function pngOf(file: Blob, page: number): Promise<Blob> {
  const image = await (await fromBlob(file)).getImage(page);
  const [width, height] = [image.getWidth(), image.getHeight()];
  const { channels, read } = await readerOf(image);
  await checkSizes(image, file.size);
  const tile = image.getTileHeight();
  const rows = tile * Math.max(1, Math.floor(BAND / (width * tile * channels)));
  async function* bands(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (let top = 0; top < height; top += rows) yield read(top, Math.min(height, top + rows));
  }
  const icc = await profileOf(image, channels);
  const orientation = Number((await image.fileDirectory.loadValue("Orientation")) ?? 1);
  const png = await upright(await encodePng({ width, height, channels, icc }, bands()), orientation);
  const size = orientation > 4 ? { width: height, height: width } : { width, height };
  return carryExif(file, png, size, page);
}

/** Throws before memory is taken for pixels that cannot be in the file. */
async function checkSizes(image: GeoTIFFImage, bytes: number): Promise<void> {
  const [width, height] = [image.getWidth(), image.getHeight()];
  const wrong = (what: string): Error => new Error(`a TIFF page of ${width} x ${height} pixels: ${what}`);
  if (!(width >= 1 && height >= 1 && image.getTileWidth() >= 1 && image.getTileHeight() >= 1)) throw wrong("no size");
  if (width * height > MAX_PIXELS) throw wrong(`more than ${MAX_PIXELS}`);
  const kind = image.isTiled ? "Tile" : "Strip";
  const offsets = (await image.fileDirectory.loadValue(`${kind}Offsets`)) as Samples;
  const counts = (await image.fileDirectory.loadValue(`${kind}ByteCounts`)) as Samples;
  let [sum, most] = [0, 0];
  for (let i = 0; i < offsets.length; i++) {
    const count = Number(counts[i]);
    if (!(Number(offsets[i]) + count <= bytes)) throw wrong("the file is cut off");
    sum += count;
    most = Math.max(most, count);
  }
  const tiles = Math.ceil(width / image.getTileWidth()) * Math.ceil(height / image.getTileHeight());
  const bits = image.getSamplesPerPixel() * image.getBitsPerSample();
  const least = (pixels: number): number => (pixels * bits) / (8 * MAX_RATIO);
  const enough = sum >= least(width * height) && most >= least(image.getTileWidth() * image.getTileHeight());
  if (offsets.length < tiles || !enough) throw wrong(`${sum} bytes in ${offsets.length} parts are too few`);
}

async function readerOf(image: GeoTIFFImage): Promise<Reader> {
  const { fileDirectory } = image;
  const kind = Number(await fileDirectory.loadValue("PhotometricInterpretation"));
  const bits = image.getBitsPerSample();
  if (image.getSampleFormat() !== UNSIGNED || bits > 16)
    throw new Error("a TIFF page whose samples are no whole numbers of up to 16 bits");
  const part = (top: number, end: number): { window: number[]; interleave: true } => ({
    window: [0, top, image.getWidth(), end],
    interleave: true,
  });
  if (kind === PALETTE) {
    const map = (await fileDirectory.loadValue("ColorMap")) as Samples;
    const read: Reader["read"] = async (top, end) =>
      throughMap((await image.readRasters({ ...part(top, end), samples: [0] })) as Samples, map);
    return { channels: 3, read };
  }
  if (kind !== WHITE_IS_ZERO && kind !== BLACK_IS_ZERO && kind !== RGB) {
    // CMYK, YCbCr, Lab
    if (bits !== 8) throw new Error(`a TIFF page of ${bits} bits in the colour space ${kind}`);
    const read: Reader["read"] = async (top, end) => Uint8Array.from((await image.readRGB(part(top, end))) as Samples);
    return { channels: 3, read };
  }
  const colours = kind === RGB ? 3 : 1;
  const extra = ((await fileDirectory.loadValue("ExtraSamples")) as Samples | undefined)?.[0];
  const channels = (extra === PREMULTIPLIED || extra === STRAIGHT ? colours + 1 : colours) as Reader["channels"];
  const samples = Array.from({ length: channels }, (_, i) => i);
  const read: Reader["read"] = async (top, end) => {
    const raster = (await image.readRasters({ ...part(top, end), samples })) as Samples;
    const bytes = new Uint8Array(raster.length);
    const scale = 255 / (2 ** bits - 1);
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(raster[i]! * scale);
    if (kind === WHITE_IS_ZERO) for (let i = 0; i < bytes.length; i += channels) bytes[i] = 255 - bytes[i]!;
    if (extra === PREMULTIPLIED) divideByAlpha(bytes, channels);
    return bytes;
  };
  return { channels, read };
}

/** ColorMap: all reds, all greens, all blues, of 16 bits. */
function throughMap(raster: Samples, map: Samples): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * raster.length);
  for (let i = 0; i < raster.length; i++)
    for (let c = 0; c < 3; c++) bytes[3 * i + c] = Math.round(map[raster[i]! + (c * map.length) / 3]! / 257);
  return bytes;
}

function divideByAlpha(bytes: Uint8Array, channels: number): void {
  for (let i = 0; i < bytes.length; i += channels) {
    const alpha = bytes[i + channels - 1]!;
    if (alpha > 0)
      for (let c = 0; c < channels - 1; c++) bytes[i + c] = Math.min(255, Math.round((bytes[i + c]! * 255) / alpha));
  }
}

/** The page's ICC profile where it describes samples like those of the PNG file. */
async function profileOf(image: GeoTIFFImage, channels: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const values = (await image.fileDirectory.loadValue(ICC_PROFILE)) as Samples | undefined;
  if (!values) return undefined;
  const bytes = Uint8Array.from(values);
  const space = String.fromCharCode(...bytes.subarray(16, 20)); // ICC.1, 7.2.6
  return space === (channels < 3 ? "GRAY" : "RGB ") ? bytes : undefined;
}

/** What canvases do to draw a picture of w x h pixels upright, by TIFF's Orientation less 1: a to f of setTransform(). */
const TURNS = (w: number, h: number): readonly [number, number, number, number, number, number][] => [
  [1, 0, 0, 1, 0, 0],
  [-1, 0, 0, 1, w, 0],
  [-1, 0, 0, -1, w, h],
  [1, 0, 0, -1, 0, h],
  [0, 1, 1, 0, 0, 0],
  [0, 1, -1, 0, h, 0],
  [0, -1, -1, 0, h, w],
  [0, -1, 1, 0, 0, w],
];

/** The picture turned as TIFF's Orientation says; a canvas makes it sRGB. */
async function upright(png: Blob, orientation: number): Promise<Blob> {
  if (!(orientation >= 2 && orientation <= 8)) return png;
  const picture = await createImageBitmap(png);
  const { width: w, height: h } = picture;
  const canvas = orientation < 5 ? new OffscreenCanvas(w, h) : new OffscreenCanvas(h, w);
  const context = canvas.getContext("2d")!;
  context.setTransform(...TURNS(w, h)[orientation - 1]!);
  context.drawImage(picture, 0, 0);
  picture.close();
  return canvas.convertToBlob({ type: "image/png" });
}

async function answer({ file, page }: TiffJob): Promise<void> {
  postMessage(page === undefined ? await pagesOf(file) : await pngOf(file, page));
}

takeJob(answer);
