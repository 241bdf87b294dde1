/** Damaged and hostile picture files, through the reader and the writer of the command line: an ImageError, or a picture that can be saved. */
import { ImageError } from "../../src/base/errors";
import { carryExif } from "../../src/image/exif";
import { deepColour } from "../../src/node/deep-colour";
import type { DeepImage } from "../../src/node/images";
import { decodeImage, openPicture } from "../../src/node/read-image";
import { encodeImage, wholeFile } from "../../src/node/write-image";
import { Finding, type Attack, type Checked } from "./attack";
import { mutant, shorter } from "./mutations";
import { PICTURE_MUTATIONS } from "./picture-mutations";
import { refusal } from "./promises";

/** Pictures of more pixels are decoded, and not written. */
const MOST_PIXELS = 2 ** 22;

async function check(input: Uint8Array): Promise<Checked> {
  const bytes = Buffer.from(input);
  try {
    const file = await openPicture(bytes, "mutant");
    let outcome = "read";
    for (let page = 0; page < Math.min(file.pages, 2); page++) {
      const image = await file.read(page, { deep: true });
      if (image.data.length !== 4 * image.width * image.height || image.data.length === 0)
        throw new Finding(`${image.data.length} bytes of ${image.width} x ${image.height} pixels`);
      outcome = image.width * image.height > MOST_PIXELS ? "read, large" : await writeAgain(image);
    }
    return { outcome };
  } catch (error) {
    if (error instanceof Finding) throw error;
    return { outcome: refusal(error) };
  }
}

/** Writes a page as the command does, with the metadata of its file, and reads the result. */
async function writeAgain(image: DeepImage): Promise<string> {
  const { metadata, width, height, samples } = image;
  const pixels = samples ? await deepColour(samples, image, new AbortController().signal) : image;
  const encoded = await encodeImage("mutant", pixels, metadata.format, { metadata, mark: true });
  const file = await wholeFile(encoded, "mutant");
  const again = await decodeImage(file, "result").catch((error: unknown) => {
    if (error instanceof ImageError) throw new Finding(`a result that cannot be read: ${error.message}`);
    throw error;
  });
  if (again.width !== width || again.height !== height)
    throw new Finding(`a result of ${again.width} x ${again.height} pixels of a picture of ${width} x ${height}`);
  if (metadata.format === "png" && !samples && again.data.some((value, i) => Math.abs(value - image.data[i]!) > 1))
    throw new Finding("a result with other pixels");
  // What the page does in place of the command.
  await carryExif(new Blob([file as BlobPart]), new Blob([file as BlobPart]), image);
  return samples ? "read and written with 16 bits" : "read and written";
}

export const pictures: Attack = {
  name: "pictures",
  about: "JPEG, PNG, WebP and TIFF files: their chunks, segments and entries changed, and byte by byte",
  share: 3,
  seconds: 5,
  // Pictures of up to 2^28 pixels are read; mutation cannot make a small file hold so many, but it can announce them.
  memory: 1.2e9,
  invent: (dice, corpus) => mutant(dice, corpus, PICTURE_MUTATIONS),
  reductions: shorter,
  corpus: async () => (await import("./corpus-pictures")).corpusPictures(),
  check,
};
