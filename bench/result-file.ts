/** The result of one run as a JSON file that is rewritten after every change. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withoutPaths } from "./facts";
import { resultName, Results, resultText, type Result } from "./results";

export class ResultFile extends Results {
  readonly path: string;

  constructor(folder: string, kind: string, head: Pick<Result, "facts" | "options">) {
    super(head, withoutPaths, () => this.#save());
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, resultName(head.facts, kind));
  }

  /** Writes the file atomically. */
  #save(): void {
    const beside = `${this.path}.part`;
    writeFileSync(beside, resultText(this.result));
    renameSync(beside, this.path);
  }
}
