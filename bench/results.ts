/** The result of one run, and its text as a file. */
import type { Row, Where } from "./rows";

/** The machine and the versions of a run. Browsers do not tell the optional ones. */
export interface Facts {
  /** ISO 8601. */
  readonly date: string;
  readonly cpu?: string;
  readonly cores: number;
  readonly memoryGiB?: number;
  readonly system: string;
  /** Load average of the last minute when the bench began: well below `cores` on a quiet machine. */
  readonly loadBefore?: number;
  readonly versions: Readonly<Record<string, string>>;
}

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

export interface StepFacts {
  readonly name: string;
  readonly seconds: number;
  /** Why the step failed or did not finish. */
  readonly error?: string;
}

/** Collects the result of a run. */
export class Results {
  readonly #rows: Row[] = [];
  readonly #adapters: Result["adapters"] = {};
  readonly #failures: { job: string; error: string }[] = [];
  readonly #steps: StepFacts[] = [];
  readonly #head: Pick<Result, "facts" | "options">;
  readonly #clean: (error: string) => string;
  readonly #onChange: () => void;

  /** `clean` removes what an error says of the machine's folders; `onChange` is called after every change. */
  constructor(head: Pick<Result, "facts" | "options">, clean: (error: string) => string, onChange: () => void) {
    this.#head = head;
    this.#clean = clean;
    this.#onChange = onChange;
  }

  get result(): Result {
    const steps = this.#steps.length > 0 ? { steps: this.#steps } : {};
    return { ...this.#head, adapters: this.#adapters, rows: this.#rows, failures: this.#failures, ...steps };
  }

  add(rows: readonly Row[]): void {
    for (const row of rows)
      this.#rows.push("error" in row && row.error !== undefined ? { ...row, error: this.#clean(row.error) } : row);
    this.#onChange();
  }

  adapter(where: Where, info: Readonly<Record<string, string>>): void {
    this.#adapters[where] = { ...this.#adapters[where], ...info };
    this.#onChange();
  }

  step({ name, seconds, error }: StepFacts): void {
    this.#steps.push({ name, seconds, ...(error !== undefined && { error: this.#clean(error) }) });
    this.#onChange();
  }

  fail(job: string, error: string): void {
    this.#failures.push({ job, error: this.#clean(error) });
    this.#onChange();
  }
}

/** The file's name, with the date and the kind of run. */
export function resultName({ date }: Facts, kind: string): string {
  return `${date.slice(0, 16).replace(/[:T]/g, "-")}-${kind}.json`;
}

/** JSON with one row per line, so that diffs are readable; numbers have five digits. */
export function resultText({ rows, ...head }: Result): string {
  const five = (_: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  const text = JSON.stringify(head, five, 2);
  const lines = rows.map((row) => `    ${JSON.stringify(row, five)}`);
  return `${text.slice(0, -2)},\n  "rows": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
