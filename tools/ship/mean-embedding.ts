/** `npm run ship:mean`: writes a model's mean embedding into its manifest, for a first picture before the embedder is loaded. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { InputError } from "../../src/base/errors";
import { workingSizeOf } from "../../src/colorizer/network-inputs";
import { Networks } from "../../src/colorizer/networks";
import { startPrediction } from "../../src/colorizer/predict";
import { PictureStages } from "../../src/image/picture-stages";
import { openSource } from "../../src/image/source";
import { requestNodeDevice } from "../../src/node/device";
import { folderReader } from "../../src/node/model-files";
import { placeFile } from "../../src/node/place-file";
import { parseManifest } from "../../src/weights/model/manifest";
import { runTool, wholeNumber } from "../command";
import { openPictures, spread } from "../evaluate/photographs";
import { decodePicture } from "../evaluate/pictures";

/** The mean of the embeddings of `limit` photographs, spread over all of a folder or zip file. Throws EngineErrors. */
async function meanEmbedding(networks: Networks, photographs: string, limit: number): Promise<number[]> {
  const stages = new PictureStages(networks.device, networks.pipelines);
  const files = await openPictures(photographs);
  try {
    const names = spread(files.names, limit);
    let sums = new Float64Array(0);
    for (const [i, name] of names.entries()) {
      const picture = await decodePicture(await files.read(name), name);
      const bound = await networks.bind(workingSizeOf(networks.manifest, picture));
      const { reading } = await startPrediction(networks, stages, bound, await openSource(picture));
      const { embedding } = await reading;
      if (!embedding) throw noEmbedder(networks.manifest.name);
      const values = new Float32Array(embedding.buffer, embedding.byteOffset, embedding.byteLength / 4);
      if (i === 0) sums = new Float64Array(values.length);
      values.forEach((value, k) => (sums[k]! += value));
      if (i % 50 === 49) console.error(`${i + 1} of ${names.length} photographs`);
    }
    // Two decimals: scores before a softmax differ by several units.
    return Array.from(sums, (sum) => Math.round((100 * sum) / names.length) / 100);
  } finally {
    files.close();
  }
}

function noEmbedder(received: string): InputError {
  return new InputError({ where: "ship:mean", expected: "a model with an embedder", received });
}

const program = new Command("ship:mean")
  .description("Writes the mean embedding of photographs into a model's manifest, which then has format 2.")
  .argument("<model>", "folder of a model with an embedder")
  .argument("<photographs>", "folder or zip file of photographs for training, not of those for measuring")
  .option("--limit <n>", "number of photographs, spread over all", wholeNumber(1), 500)
  .parse();
const [folder, photographs] = program.args as [string, string];

await runTool(async () => {
  const path = join(folder, "model.json");
  const { embedder, colorizer, training, metrics, ...facts } = parseManifest(
    JSON.parse(await readFile(path, "utf8")),
    path,
  );
  if (!embedder) throw noEmbedder(facts.name);
  const device = await requestNodeDevice();
  const networks = await Networks.load({ device, model: path, read: folderReader(folder), precision: "f32" });
  const mean = await meanEmbedding(networks, photographs, program.opts<{ limit: number }>().limit);
  networks.dispose();
  device.destroy();
  const networksAndFacts = { embedder: { ...embedder, mean }, colorizer, training, metrics };
  const manifest = { $schema: "../manifest.schema.json", format: 2, ...facts, ...networksAndFacts };
  parseManifest(manifest, path);
  // The numbers stay on one line.
  const text = JSON.stringify(manifest, (key, value: unknown) => (key === "mean" ? "MEAN" : value), 2);
  const json = text.replace('"MEAN"', `[${mean.join(", ")}]`);
  await placeFile(path, Buffer.from(`${json}\n`), { overwrite: true });
  console.log(`${path}: the mean of ${mean.length} scores over photographs of ${photographs}`);
});
