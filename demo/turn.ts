/** A photograph that lies on its side, turned. */
import { carryExif } from "../src/index";
import { newPhoto, type Photo } from "./album";
import { originalFile } from "./colours";
import { readImage, thumbnailOf } from "./photograph";
import { smallImage } from "./small-image";

/** The photograph turned by a quarter clockwise, as a PNG file with the EXIF of its own. */
async function turned(photo: Photo): Promise<Blob> {
  const image = photo.image ?? (await readImage(photo.source, photo.name));
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

/** What changes of a photograph that is turned: it waits to be coloured as if it were new, by its settings but for hints, which are at other places. */
export async function turn(photo: Photo): Promise<Partial<Photo>> {
  const source = await turned(photo);
  const thumbnail = { file: await thumbnailOf(smallImage(await createImageBitmap(source))) };
  const { settings } = newPhoto({ source, name: photo.name }, { ...photo.settings.now, hints: [] });
  const none = { image: undefined, colours: undefined, saved: undefined, taken: undefined };
  return { ...none, source, thumbnail, settings, state: "waiting", progress: 0 };
}
