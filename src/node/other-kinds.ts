/** Recognises unsupported kinds of files and says what to do. images.ts reads the supported ones: JPEG, PNG, WebP, TIFF. */
import { closeSync, openSync, readSync, type Stats } from "node:fs";
import { extname } from "node:path";

/** Kinds that are recognised by extension, because their first bytes do not tell. */
const BY_NAME: Readonly<Record<string, string>> = {
  "camera raw": ".dng .cr2 .cr3 .crw .nef .nrw .arw .orf .raf .rw2 .pef .srw",
  SVG: ".svg .svgz",
};

/** Kinds by the first bytes of the file, as Latin-1 text. */
const BY_START: readonly (readonly [kind: string, start: RegExp])[] = [
  ["GIF", /^GIF8/],
  ["AVIF", /^.{4}ftypavi[fs]/s],
  ["HEIC", /^.{4}ftyp(hei|hev|mif1|msf1)/s],
  ["PDF", /^%PDF/],
  ["JPEG XL", /^(\xff\n|.{4}JXL )/s],
  ["JPEG 2000", /^.{4}jP {2}/s],
  ["BMP", /^BM.{12}[(l|]/s],
  ["PSD", /^8BPS/],
];

const HINTS: Readonly<Record<string, string>> = {
  PDF: "Export its pages as TIFF or PNG first.",
  SVG: "Export it as PNG first.",
  "camera raw": "Develop it to TIFF or JPEG first.",
};

/** The first bytes of a file. File system errors pass through. */
export function startOf(path: string): Uint8Array {
  const bytes = Buffer.alloc(16);
  const file = openSync(path, "r");
  try {
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

/** Whether a name ends as those of pictures do that the command does not write. */
export function endsAsOther(path: string): boolean {
  return /\.(avif|bmp|gif|heic|heif|jp2|jxl|pdf|psd|svg)$/i.test(path);
}

interface OtherKind {
  /** "a GIF file". */
  readonly kind: string;
  readonly hint: string;
}

/** The known but unsupported kind of a file, by its name and first 16 bytes; undefined for any other file. */
export function otherKind(path: string, start: Uint8Array): OtherKind | undefined {
  const extension = extname(path).toLowerCase();
  const head = Buffer.from(start.subarray(0, 16)).toString("latin1");
  const byName = Object.keys(BY_NAME).find((kind) => extension && BY_NAME[kind]!.split(" ").includes(extension));
  const kind = byName ?? BY_START.find(([, pattern]) => pattern.test(head))?.[0];
  if (kind === undefined) return undefined;
  return {
    kind: `${kind === "AVIF" || kind === "SVG" ? "an" : "a"} ${kind} file`,
    hint: HINTS[kind] ?? "Save it as JPEG, PNG or TIFF first.",
  };
}

/** "a pipe", "a device" and so on, which may be endless; undefined for a file. */
export function notAFile(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  if (stats.isDirectory()) return "a folder";
  return stats.isFIFO() ? "a pipe (FIFO)" : stats.isSocket() ? "a socket" : "a device";
}
