/** What `npm run verify:ops -- FOLDER --write VERSION` measured, for docs/ops.md. */
import { readFileSync } from "node:fs";

export const FIGURES = new URL("figures.json", import.meta.url);

export interface OpFigures {
  readonly tests: number;
  readonly passed: number;
  /** Why each of the other tests does not pass, by its name. */
  readonly failed: Readonly<Record<string, string>>;
}

export interface Figures {
  /** The version of PyPI's `onnx` that the tests are from. */
  readonly onnx: string;
  readonly ops: Readonly<Record<string, OpFigures>>;
}

export function readFigures(): Figures {
  return JSON.parse(readFileSync(FIGURES, "utf8")) as Figures;
}
