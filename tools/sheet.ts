/**
 * `npm run sheet`: a picture of what models make of photographs: grey, each model's colours, and the photograph itself where there
 * is one in colour. Photographs without one are on the left.
 */
import { Command } from "commander";
import sharp from "sharp";
import { requestNodeDevice } from "../src/node/device";
import { placeFile } from "../src/node/place-file";
import { modelLocation } from "../src/node/shipped-models";
import { runTool } from "./command";
import type { Method } from "./evaluate/method";
import { greyOf, truthOf } from "./evaluate/metrics";
import { openModel } from "./evaluate/model-method";
import { openPictures, type PictureFiles } from "./evaluate/photographs";
import { CELL, decodePicture, resizePicture, shrunkSize, stripOf, stripWidth } from "./evaluate/pictures";

/** Photographs are shrunk to this many pixels on the short side. */
const SHORT_SIDE = 256;
/** Pixels between two rows and between both halves. */
const GAPS = { row: 6, half: 18 };

async function picture(files: PictureFiles, name: string) {
  const decoded = await decodePicture(await files.read(name), `${files.source}: ${name}`);
  return resizePicture(decoded, shrunkSize(decoded, SHORT_SIDE));
}

/** The pictures of one photograph beside each other. */
async function strip(files: PictureFiles, name: string, truths: PictureFiles, methods: readonly Method[]) {
  const shown = await picture(files, name);
  const grey = greyOf(shown);
  const pictures = [grey];
  const photograph = { name, grey, truth: truthOf(shown), original: shown };
  for (const method of methods) pictures.push((await method.colorize(photograph)).picture);
  if (truths.names.includes(name)) pictures.push(await picture(truths, name));
  return stripOf(pictures);
}

/** Two columns of strips as a JPEG file with colour at full resolution. */
async function sheet(left: readonly Buffer[], right: readonly Buffer[], leftWidth: number, rightWidth: number) {
  const start = left.length > 0 ? leftWidth + GAPS.half : 0;
  const place = (strips: readonly Buffer[], x: number) =>
    strips.map((input, i) => ({ input, left: x, top: i * (CELL + GAPS.row) }));
  const width = right.length > 0 ? start + rightWidth : leftWidth;
  const height = Math.max(left.length, right.length) * (CELL + GAPS.row) - GAPS.row;
  return sharp({ create: { width, height, channels: 3, background: "#fff" } })
    .composite([...place(left, 0), ...place(right, start)])
    .jpeg({ quality: 88, chromaSubsampling: "4:4:4", mozjpeg: true })
    .toBuffer();
}

const program = new Command("sheet")
  .description("Draws photographs in grey, as each model colours them, and as they are.")
  .argument("[photographs]", "folder of photographs (top level)", "samples")
  .option("--truth <folder>", "folder with photographs of the same names in colour", "samples/colour")
  .option(
    "--model <model>",
    "name or folder of a model; may be repeated; default: inception-table and natural",
    (text: string, before: string[]) => [...before, text],
    [] as string[],
  )
  .option("--out <file>", "JPEG file to write", "docs/samples.jpg")
  .parse();
const { truth, model, out } = program.opts<{ truth: string; model: string[]; out: string }>();

await runTool(async () => {
  const files = await openPictures(program.args[0] ?? "samples");
  const truths = await openPictures(truth);
  const models = (model.length > 0 ? model : ["inception-table", "natural"]).map(
    (name) => [name, String(modelLocation(name))] as const,
  );
  const device = await requestNodeDevice();
  const { signal } = new AbortController();
  const methods: Method[] = [];
  for (const [name, location] of models)
    methods.push(...(await openModel({ location }, name, { device, precision: "auto", saturation: 1, signal })));
  const [left, right]: [Buffer[], Buffer[]] = [[], []];
  for (const name of files.names.filter((path) => !path.includes("/"))) {
    (truths.names.includes(name) ? right : left).push(await strip(files, name, truths, methods));
    console.error(name);
  }
  const columns = 1 + methods.length;
  await placeFile(out, await sheet(left, right, stripWidth(columns), stripWidth(columns + 1)), { overwrite: true });
  console.log(`${out}: ${["grey", ...methods.map(({ name }) => name), "in colour"].join(", ")}`);
  for (const method of methods) method.dispose();
  device.destroy();
});
process.exit();
