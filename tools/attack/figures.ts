/** Figures of the last runs of each attack, which docs/reliability.md shows. `npm run attack -- --write` writes both. */
import { readFile, writeFile } from "node:fs/promises";
import prettier from "prettier";
import { reliabilityPage, type Run } from "./reliability-page";

const FIGURES = new URL("./figures.json", import.meta.url);
export const PAGE = new URL("../../docs/reliability.md", import.meta.url);

/** By attack. */
export async function readFigures(): Promise<Record<string, Run>> {
  return JSON.parse(await readFile(FIGURES, "utf8")) as Record<string, Run>;
}

/** Replaces the figures of these attacks, and writes the page. */
export async function writeFigures(runs: Readonly<Record<string, Run>>): Promise<void> {
  const all = { ...(await readFigures()), ...runs };
  await writeFile(FIGURES, await prettier.format(JSON.stringify(all), { parser: "json", printWidth: 120 }));
  await writeFile(PAGE, reliabilityPage(all));
}
