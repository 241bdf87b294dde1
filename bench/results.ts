/** What one run leaves behind: a JSON file, rewritten after every finding. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutPaths, type Facts } from "./facts";
import type { Row, Where } from "./rows";

export interface Result {
  readonly facts: Facts;
  /** What was asked for. */
  readonly options: Readonly<Record<string, unknown>>;
  /** By place: what its adapter says of itself, and the browser's version. */
  readonly adapters: Partial<Record<Where, Readonly<Record<string, string>>>>;
  readonly rows: readonly Row[];
  /** Jobs that could not be done, or not to their end. */
  readonly failures: readonly { readonly job: string; readonly error: string }[];
  /** Of a run in steps, what became of each, in order. */
  readonly steps?: readonly StepFacts[];
}

export interface StepFacts {
  readonly name: string;
  readonly seconds: number;
  /** Why it was not done, or not to its end. */
  readonly error?: string;
}

export class ResultFile {
  readonly path: string;
  readonly #rows: Row[] = [];
  readonly #adapters: Result["adapters"] = {};
  readonly #failures: { job: string; error: string }[] = [];
  readonly #steps: StepFacts[] = [];
  readonly #head: Pick<Result, "facts" | "options">;

  /** Named after the date, the kind of run and the driver asked for. */
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

  /** Whole or not at all. */
  #save(): void {
    const beside = `${this.path}.part`;
    writeFileSync(beside, resultText(this.result));
    renameSync(beside, this.path);
  }
}

/** JSON with a row a line, so that differences can be read; numbers with five digits. */
export function resultText({ rows, ...head }: Result): string {
  const five = (_: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  const text = JSON.stringify(head, five, 2);
  const lines = rows.map((row) => `    ${JSON.stringify(row, five)}`);
  return `${text.slice(0, -2)},\n  "rows": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

export function readResult(path: string): Result {
  return JSON.parse(readFileSync(path, "utf8")) as Result;
}
