/** Saving: names and formats of files, and the browser's downloads. contents.ts makes the files. */
import { InputError } from "../base/errors";
import type { ColorizeSource } from "../image/source";
import type { ColorizeContent } from "./contents";

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

/** What is added to the name of a photograph. */
const ADDED: Readonly<Record<ColorizeContent, string>> = { picture: "colour", beside: "both", layer: "layer" };

/** The name of a saved file: "grandma-colour.jpg" for the photograph "grandma.tif". */
export function colouredName(photograph: string, ending: string, content: ColorizeContent = "picture"): string {
  return `${photograph.replace(/\.\w+$/, "") || "photograph"}-${ADDED[content]}.${ending}`;
}

/**
 * The usual name for a photograph that is a file or has an address: with its ending, and for other formats than JPEG, PNG and WebP with the
 * ending png.
 */
export function usualName(source: ColorizeSource | null, address: string, content: ColorizeContent): string {
  const photograph = source instanceof File ? source.name : nameInAddress(address);
  return colouredName(photograph, /\.(png|jpe?g|webp)$/i.exec(photograph)?.[1] ?? "png", content);
}

/** "grandma.jpg" for ".../grandma.jpg?size=large". */
function nameInAddress(address: string): string {
  const path = /^(data|blob):/.test(address) ? "" : address.replace(/[?#].*$/, "");
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // with a percent sign of its own
  }
}

/** The error of saving in a state without a picture in colour. */
export function noPicture(state: string): InputError {
  return new InputError({
    where: "toBlob()",
    expected: "a coloured picture",
    received: `none in state "${state}"`,
    hint: "Wait for the event `load`, or for colorize().",
  });
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
