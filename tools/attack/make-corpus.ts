/** Writes the corpus anew: `npm run attack:corpus`. Files named "found-..." were found by attacks and stay. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { corpusCommand } from "./command";
import { CORPUS } from "./corpus";
import { corpusModels } from "./corpus-models";
import { corpusPictures } from "./corpus-pictures";
import { corpusFaults } from "./faults";
import { corpusManifests } from "./manifests";
import { corpusServers } from "./servers";
import { corpusSoak } from "./soak";

const PARTS: Readonly<Record<string, () => Promise<Record<string, Uint8Array>>>> = {
  models: corpusModels,
  manifests: corpusManifests,
  pictures: corpusPictures,
  faults: corpusFaults,
  servers: corpusServers,
  command: corpusCommand,
  soak: corpusSoak,
};

for (const [part, make] of Object.entries(PARTS)) {
  const folder = new URL(`${part}/`, CORPUS);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (!name.startsWith("found-")) await rm(new URL(name, folder));
  const files = Object.entries(await make());
  for (const [name, bytes] of files) await writeFile(new URL(name, folder), bytes);
  const sizes = files.map(([, bytes]) => bytes.length);
  console.log(`${part}: ${files.length} files of at most ${Math.max(...sizes)} bytes`);
}
process.exit();
