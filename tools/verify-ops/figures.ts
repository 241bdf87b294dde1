/** What `npm run verify:ops -- FOLDER --write` measured, for docs/ops.md. */
import { readFileSync } from "node:fs";

export const FIGURES = new URL("figures.json", import.meta.url);

/** By op. */
export type Figures = Readonly<
  Record<
    string,
    {
      readonly tests: number;
      readonly passed: number;
      /** Why each of the other tests does not pass, by its name. */
      readonly failed: Readonly<Record<string, string>>;
    }
  >
>;

export function readFigures(): Figures {
  return JSON.parse(readFileSync(FIGURES, "utf8")) as Figures;
}
