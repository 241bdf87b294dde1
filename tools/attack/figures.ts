/** Figures of the runs of each attack, which docs/reliability.md shows. `npm run attack -- --write` writes both. */
import { readFile, writeFile } from "node:fs/promises";
import prettier from "prettier";
import { reliabilityPage, type Run, type Runs } from "./reliability-page";

const FIGURES = new URL("./figures.json", import.meta.url);
export const PAGE = new URL("../../docs/reliability.md", import.meta.url);

export async function readFigures(): Promise<Runs> {
  return JSON.parse(await readFile(FIGURES, "utf8")) as Runs;
}

/** Puts the figures of one run in the place of the run of this name, or adds it, and writes the page. */
export async function writeFigures(attack: string, name: string, run: Run): Promise<void> {
  const before = await readFigures();
  const all = { ...before, [attack]: { ...before[attack], [name]: run } };
  await writeFile(FIGURES, await prettier.format(JSON.stringify(all), { parser: "json", printWidth: 120 }));
  await writeFile(PAGE, reliabilityPage(all));
}
