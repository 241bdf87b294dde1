/** Writes the corpus anew: `npm run attack:corpus`. Files named "found-..." were found by attacks and stay. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { ATTACKS } from "./attacks";
import { CORPUS } from "./corpus";

for (const { name: part, corpus } of Object.values(ATTACKS)) {
  const folder = new URL(`${part}/`, CORPUS);
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (!name.startsWith("found-")) await rm(new URL(name, folder));
  const files = Object.entries(await corpus());
  for (const [name, bytes] of files) await writeFile(new URL(name, folder), bytes);
  const sizes = files.map(([, bytes]) => bytes.length);
  console.log(`${part}: ${files.length} files of at most ${Math.max(...sizes)} bytes`);
}
process.exit();
