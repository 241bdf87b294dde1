/** A photograph that lies on its side, turned. */
import { carryExif, type ColorHint } from "../src/index";
import { newPhoto, type Photo } from "./album";
import { originalFile } from "./colours";
import { readImage, thumbnailOf } from "./photograph";
import { smallImage } from "./small-image";

/** The photograph turned by a quarter clockwise, as a PNG file with the EXIF of its own. */
async function turned(photo: Photo, image: HTMLImageElement): Promise<Blob> {
  const { naturalWidth: height, naturalHeight: width } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  context.translate(width, 0);
  context.rotate(Math.PI / 2);
  context.drawImage(image, 0, 0);
  const file = await canvas.convertToBlob({ type: "image/png" });
  const original = originalFile(photo);
  return original ? carryExif(original, file, { width, height }) : file;
}

/** A hint of a photograph of this height, where it is after the turn. */
function turnedHint(hint: ColorHint, height: number): ColorHint {
  return { ...hint, x: Math.min(height - hint.y, height - 1), y: hint.x };
}

/** What changes of a photograph that is turned, with its hints: it waits to be coloured as if it were new. */
export async function turn(photo: Photo): Promise<Partial<Photo>> {
  const image = photo.image ?? (await readImage(photo.source, photo.name));
  const source = await turned(photo, image);
  const thumbnail = { file: await thumbnailOf(smallImage(await createImageBitmap(source))) };
  const { now } = photo.settings;
  const hints = now.hints.map((hint) => turnedHint(hint, image.naturalHeight));
  const { settings } = newPhoto({ source, name: photo.name }, { ...now, hints });
  const none = { image: undefined, colours: undefined, saved: undefined, taken: undefined };
  return { ...none, source, thumbnail, settings, state: "waiting", progress: 0 };
}
