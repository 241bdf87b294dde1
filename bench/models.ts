/**
 * `npm run bench:models`: the time of one picture by each of several models on one device, in turns, and its ratio to the
 * first model's. docs/benchmark.md has the commands.
 */
import { Command } from "commander";
import type { Colorizer } from "../src/colorizer/colorizer";
import { SHIPPED_MODELS } from "../src/colorizer/shipped-models";
import { requestNodeDevice } from "../src/node/device";
import { loadNodeColorizer } from "../src/node/load-colorizer";
import { folderReader } from "../src/node/model-files";
import { modelLocation } from "../src/node/shipped-models";
import type { ModelReader } from "../src/weights/model/files";
import { wholeNumber } from "../tools/command";
import { interleave } from "./interleave";
import { photograph } from "./photograph";
import { median, spreadOf } from "./statistics";

/** A small photograph, so that the networks' time counts. */
const PICTURE = [640, 480] as const;

const program = new Command("bench:models")
  .description("Times one picture by each model, in turns, and prints the ratio to the first.")
  .argument("[models...]", "names or folders; default: the models of this package", [...SHIPPED_MODELS])
  .option("--size <pixels>", "working size of all of them; default: each model's own", wholeNumber(1))
  .option("--embedder-size <pixels>", "side of the embedders' pictures; default: each model's own", wholeNumber(1))
  .option("--repeats <n>", "pictures that are timed by each", wholeNumber(1), 7)
  .parse();
const { size, embedderSize, repeats } = program.opts<{ size?: number; embedderSize?: number; repeats: number }>();

const device = await requestNodeDevice();
const contenders: { name: string; colorizer: Colorizer; total: number[]; networks: number[] }[] = [];
for (const model of program.args.length > 0 ? program.args : SHIPPED_MODELS) {
  const colorizer = await loadNodeColorizer({ device, model, read: readerOf(String(modelLocation(model))) });
  contenders.push({ name: model, colorizer, total: [], networks: [] });
}

/** Reads a model's folder, with the embedder's size changed. */
function readerOf(folder: string): ModelReader {
  const onDisk = folderReader(folder);
  return async (path, ...rest) => {
    const bytes = await onDisk(path, ...rest);
    if (path !== "model.json" || embedderSize === undefined) return bytes;
    const manifest = JSON.parse(new TextDecoder().decode(bytes)) as { embedder?: { size: number } };
    if (manifest.embedder) manifest.embedder.size = embedderSize;
    return new TextEncoder().encode(JSON.stringify(manifest));
  };
}

let seed = 1;
async function run({ colorizer, total, networks }: (typeof contenders)[number]): Promise<void> {
  const { timings } = await colorizer.colorize(photograph(seed++, PICTURE), { size });
  total.push(timings.total);
  networks.push(timings.embedding + timings.chroma);
}

const turns = contenders.map((one) => ({ name: one.name, repeats: repeats + 1, run: () => run(one) }));
await interleave(turns, (name, error) => {
  throw new Error(`${name} failed`, { cause: error });
});

console.log(`${contenders[0]!.colorizer.adapter}, ${contenders[0]!.colorizer.elem}, ${repeats} repeats`);
for (const { name, colorizer, total, networks } of contenders) {
  // The first picture binds and compiles.
  const [times, own] = [total.slice(1), networks.slice(1)];
  const { median: middle, low, high } = spreadOf(times)!;
  const ratioTo = (of: "total" | "networks", values: readonly number[]): string =>
    median(values.map((value, i) => value / contenders[0]![of][i + 1]!)).toFixed(2);
  const gflop = (colorizer.plan(...PICTURE, { size }).flops / 1e9).toFixed(1);
  const { embedder, colorizer: network } = colorizer.manifest;
  console.log(
    `${name} at ${size ?? network.size.pixels}${embedder ? `, embedder at ${embedder.size}` : ""}: ${middle.toFixed(0)} ms a picture (quartiles ${low.toFixed(0)} to ${high.toFixed(0)}), ` +
      `${median(own).toFixed(0)} ms of it networks of ${gflop} GFLOP; ` +
      `ratio to ${contenders[0]!.name} ${ratioTo("total", times)}, networks alone ${ratioTo("networks", own)}`,
  );
}
for (const { colorizer } of contenders) colorizer.dispose();
device.destroy();
process.exit(0);
