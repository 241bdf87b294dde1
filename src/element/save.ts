/** Saves the coloured picture as a file of the person's. */
import { carryExif } from "../image/exif";
import { markAsColorized } from "../image/mark";
import type { ColorizeSource } from "../image/source";
import type { Size } from "../kernels/picture/tile";

/** The formats of files by the ending of their names. */
const TYPES: Readonly<Record<string, string>> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  webp: "image/webp",
  avif: "image/avif",
};

/** The MIME type that a file's name means; PNG, which loses nothing, for other endings. */
export function typeOfName(name: string): string {
  return TYPES[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? "image/png";
}

/** "grandma-colour.jpg" for ".../grandma.jpg?size=large", and for other formats than JPEG, PNG and WebP the ending .png. */
export function colouredName(original: string): string {
  const path = /^(data|blob):/.test(original) ? "" : original.replace(/[?#].*$/, "");
  let file = path.slice(path.lastIndexOf("/") + 1);
  try {
    file = decodeURIComponent(file);
  } catch {
    // a name with a percent sign of its own
  }
  const [, stem, ending] = /^(.*?)(?:\.(\w+))?$/s.exec(file) ?? [];
  const kept = /^(png|jpe?g|webp)$/i.test(ending ?? "") ? ending : "png";
  return `${stem || "photograph"}-colour.${kept}`;
}

/**
 * The file of a picture of this size, with XMP that says that it is artificially coloured, beside EXIF and XMP of `photograph` where that is a
 * file: see carryExif() and markAsColorized(). AVIF, which browsers hardly encode, stays as it is.
 */
export async function marked(file: Blob, photograph: ColorizeSource | null, size: Size): Promise<Blob> {
  if (file.type === "image/avif") return file;
  if (!(photograph instanceof Blob)) return markAsColorized(file);
  return markAsColorized(await carryExif(photograph, file, size), photograph);
}

/** Hands a file to the browser's downloads. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads the address after this task.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
