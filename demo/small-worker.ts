/** Decodes a picture and makes a small copy of it away from the page, which stays responsive. A file comes in, ImageData goes out. */
import { takeJob } from "./run-worker";
import { smallImage } from "./small-image";

async function answer(file: Blob): Promise<void> {
  postMessage(smallImage(await createImageBitmap(file))); // upright
}

takeJob(answer);
