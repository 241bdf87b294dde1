/** The result of one run: a JSON file that is rewritten after every row. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutPaths, type Facts } from "./facts";
import type { Row, Where } from "./rows";

export interface Result {
  readonly facts: Facts;
  /** The command's options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** By place: the adapter's info and the browser's version. */
  readonly adapters: Partial<Record<Where, Readonly<Record<string, string>>>>;
  readonly rows: readonly Row[];
  /** Jobs that failed or did not finish. */
  readonly failures: readonly { readonly job: string; readonly error: string }[];
  /** The outcome of each step, in order, for runs with steps. */
  readonly steps?: readonly StepFacts[];
}

interface StepFacts {
  readonly name: string;
  readonly seconds: number;
  /** Why the step failed or did not finish. */
  readonly error?: string;
}

export class ResultFile {
  readonly path: string;
  readonly #rows: Row[] = [];
  readonly #adapters: Result["adapters"] = {};
  readonly #failures: { job: string; error: string }[] = [];
  readonly #steps: StepFacts[] = [];
  readonly #head: Pick<Result, "facts" | "options">;

  /** The file's name has the date, the kind of run and the requested driver. */
  constructor(folder: string, name: string, head: Pick<Result, "facts" | "options">) {
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${head.facts.date.slice(0, 16).replace(/[:T]/g, "-")}-${name}.json`);
    this.#head = head;
  }

  get result(): Result {
    const steps = this.#steps.length > 0 ? { steps: this.#steps } : {};
    return { ...this.#head, adapters: this.#adapters, rows: this.#rows, failures: this.#failures, ...steps };
  }

  add(rows: readonly Row[]): void {
    for (const row of rows)
      this.#rows.push("error" in row && row.error !== undefined ? { ...row, error: withoutPaths(row.error) } : row);
    this.#save();
  }

  adapter(where: Where, info: Readonly<Record<string, string>>): void {
    this.#adapters[where] = { ...this.#adapters[where], ...info };
    this.#save();
  }

  step({ name, seconds, error }: StepFacts): void {
    this.#steps.push({ name, seconds, ...(error !== undefined && { error: withoutPaths(error) }) });
    this.#save();
  }

  fail(job: string, error: string): void {
    this.#failures.push({ job, error: withoutPaths(error) });
    this.#save();
  }

  /** Writes the file atomically. */
  #save(): void {
    const beside = `${this.path}.part`;
    writeFileSync(beside, resultText(this.result));
    renameSync(beside, this.path);
  }
}

/** JSON with one row per line, so that diffs are readable; numbers have five digits. */
function resultText({ rows, ...head }: Result): string {
  const five = (_: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  const text = JSON.stringify(head, five, 2);
  const lines = rows.map((row) => `    ${JSON.stringify(row, five)}`);
  return `${text.slice(0, -2)},\n  "rows": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

export function readResult(path: string): Result {
  return JSON.parse(readFileSync(path, "utf8")) as Result;
}
