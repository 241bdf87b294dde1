/** The kept inputs: a folder for each attack. */
import { readdir, readFile } from "node:fs/promises";
import type { CorpusFile } from "./attack";

export const CORPUS = new URL("../../test/attack-corpus/", import.meta.url);

/** The corpus of one attack, in order of names. */
export async function readCorpus(attack: string): Promise<CorpusFile[]> {
  const folder = new URL(`${attack}/`, CORPUS);
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => ({ name, bytes: Uint8Array.from(await readFile(new URL(name, folder))) })),
  );
}
