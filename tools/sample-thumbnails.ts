/** `npm run thumbnails`: writes small copies of the pictures to try into demo/thumbnails, the left half in grey, the right half as `natural` colours it. */
import { parse } from "node:path";
import sharp, { type Sharp } from "sharp";
import { requestNodeDevice } from "../src/node/device";
import type { Pixels } from "../src/node/images";
import { placeFile } from "../src/node/place-file";
import { modelLocation } from "../src/node/shipped-models";
import { greyOf, truthOf } from "./evaluate/metrics";
import { openModel } from "./evaluate/model-method";
import { openPictures } from "./evaluate/photographs";
import { decodePicture, resizePicture, shrunkSize } from "./evaluate/pictures";

const WIDTH = 320;
const HEIGHT = 240;

const small = ({ data, width, height }: Pixels): Sharp =>
  sharp(Buffer.from(data.buffer), { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .resize(WIDTH, HEIGHT);

const files = await openPictures("samples");
const device = await requestNodeDevice();
const { signal } = new AbortController();
const options = { device, precision: "auto", saturation: 1, signal } as const;
const [natural] = await openModel({ location: String(modelLocation("natural")) }, "natural", options);
for (const name of files.names.filter((path) => !path.includes("/"))) {
  const decoded = await decodePicture(await files.read(name), name);
  const original = await resizePicture(decoded, shrunkSize(decoded, WIDTH));
  const grey = greyOf(original);
  const { picture } = await natural!.colorize({ name, grey, truth: truthOf(original), original });
  const left = await small(grey)
    .extract({ left: 0, top: 0, width: WIDTH / 2, height: HEIGHT })
    .png()
    .toBuffer();
  const thumbnail = small(picture).composite([{ input: left, left: 0, top: 0 }]);
  const bytes = await placeFile(
    `demo/thumbnails/${parse(name).name}.webp`,
    await thumbnail.webp({ quality: 70 }).toBuffer(),
    { overwrite: true },
  );
  console.log(`${name}: ${bytes} bytes`);
}
process.exit();
