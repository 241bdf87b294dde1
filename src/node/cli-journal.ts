/**
 * The journal of --resume: which results are finished, so that a later run need not make them again. It is a file of JSON lines
 * in the folder of results; every worker has its own and reads all. A line is appended when a result is whole under its temporary name,
 * just before it gets its own: with the result's size and time in it, a run that is killed in between is not taken for a finished one.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, type Stats } from "node:fs";
import { join, resolve } from "node:path";
import { InputError } from "../base/errors";
import { statsOf } from "./cli-inputs";
import type { Job } from "./cli-jobs";
import type { Shard } from "./cli-shard";

/** What identifies the content of a file without reading it. */
interface Stamp {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** One finished result. */
interface Entry {
  /** The result's path below its folder, but for the extension. */
  readonly below: string;
  /** The photograph's absolute path on the machine that coloured it. */
  readonly input: string;
  readonly photograph: Stamp;
  readonly result: Stamp;
}

/** The options that results depend on: as they were given, and the model by its content. */
export type JournalOptions = Readonly<Record<string, string | number | undefined>>;

/** What a journal says of a job: do it, do it in place of an earlier result, or leave it out for this reason. */
export type Verdict =
  { readonly do: true; readonly overwrite: boolean } | { readonly do: false; readonly reason: string };

const NAME = /^\.colorize-journal(-\d+-of-\d+)?\.jsonl$/;

function stampOf(stats: Stats): Stamp {
  return { bytes: stats.size, modified: stats.mtimeMs };
}

/** Milliseconds by which the time of a copy may differ: exFAT keeps times in steps of 10. */
const TIME_STEP = 10;

function same(a: Stamp, b: Stamp): boolean {
  return a.bytes === b.bytes && Math.abs(a.modified - b.modified) <= TIME_STEP;
}

export class Journal {
  readonly #path: string;
  readonly #entries = new Map<string, Entry[]>();

  /**
   * Reads the journals of a folder and starts this worker's. Throws InputError where an earlier run had other options: its results
   * would not go with this one's.
   */
  constructor(folder: string, options: JournalOptions, shard?: Shard) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (NAME.test(name)) this.#read(join(folder, name), options);
    const part = shard ? `-${shard.index}-of-${shard.count}` : "";
    this.#path = join(folder, `.colorize-journal${part}.jsonl`);
    // A line that a power failure cut ends here.
    const cut = existsSync(this.#path) && !readFileSync(this.#path, "utf8").endsWith("\n");
    appendFileSync(this.#path, `${cut ? "\n" : ""}${JSON.stringify({ journal: 1, options })}\n`);
  }

  #read(path: string, options: JournalOptions): void {
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const record = parsed(line);
      if (!record) continue;
      if ("below" in record) this.#entries.set(record.below, [...(this.#entries.get(record.below) ?? []), record]);
      else if (JSON.stringify(record.options) !== JSON.stringify(options))
        throw new InputError({
          where: path,
          expected: `the options of this run: ${describe(options)}`,
          received: `a journal of a run with others: ${describe(record.options)}`,
          hint: "Give the same options, or choose another folder with --out.",
        });
    }
  }

  verdict({ input, output, below, overwrite }: Job): Verdict {
    const entries = this.#entries.get(below);
    const result = statsOf(output);
    if (!entries || !result) return { do: true, overwrite };
    // The journals of several workers are read one after another, so their entries are in no order of time.
    const photograph = stampOf(statSync(input));
    const ofPhotograph = entries.filter((entry) => same(entry.photograph, photograph));
    const ofResult = entries.filter((entry) => same(entry.result, stampOf(result)));
    if (ofPhotograph.some((entry) => ofResult.includes(entry)))
      return { do: false, reason: "finished by an earlier run." };
    if (ofPhotograph.length === 0)
      // The photograph changed, or another one has this name. A result that somebody edited is not replaced unasked.
      return { do: true, overwrite: overwrite || ofResult.some((entry) => entry.input === resolve(input)) };
    // A run was killed while it replaced a result of this command; else somebody edited the result.
    if (ofResult.length > 0 || overwrite) return { do: true, overwrite: true };
    return { do: false, reason: "finished by an earlier run, and changed since by somebody else." };
  }

  /** Records that the result of `job` is whole. `photograph` is what the input was before it was read. */
  finished({ below, input }: Job, photograph: Stats, result: Stats): void {
    const entry: Entry = {
      below,
      input: resolve(input),
      photograph: stampOf(photograph),
      result: stampOf(result),
    };
    appendFileSync(this.#path, `${JSON.stringify(entry)}\n`);
  }
}

/** A line of a journal; undefined for an empty or a cut one. */
function parsed(line: string): Entry | { readonly journal: 1; readonly options: JournalOptions } | undefined {
  try {
    return line === "" ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}

function describe(options: JournalOptions): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name} ${value}`).join(", ") || "none";
}
