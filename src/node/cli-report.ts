/** The command line's output: a progress bar on a terminal, lines elsewhere, JSON lines on request. */
import { MultiBar, type SingleBar } from "cli-progress";
import { relative } from "node:path";
import { EngineError, messageOf } from "../base/errors";
import type { ColorizeStage } from "../colorizer/stage-clock";
import type { Skipped } from "./cli-inputs";
import { printable, printableLines } from "./printable";

/** A stream of text, or of a picture; `isTTY` is true for a terminal. */
export interface TextStream {
  readonly isTTY?: boolean;
  write(content: string | Uint8Array): unknown;
}

/** One coloured file, as `--json` prints it. Durations are milliseconds. */
export interface FileReport {
  readonly input: string;
  readonly output: string;
  readonly format: string;
  readonly width: number;
  readonly height: number;
  /** Pages, where there are several; the size is the first one's. */
  readonly pages?: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Milliseconds by stage: read, the colorizer's stages, write, and total. */
  readonly ms: Readonly<Record<string, number>>;
  readonly adapter: string;
  /** Peak of GPU memory in bytes, from the memory plan. */
  readonly peakBytes: number;
  readonly notes: readonly string[];
}

/** One file that failed. */
interface FileFailure {
  readonly input: string;
  readonly error: unknown;
}

/** The most files that are listed for one reason to skip them. */
const MOST_NAMED = 10;

/** The stages of one file: percentage of its bar when the stage starts, and the bar's text. */
const STAGES = {
  read: [0, "reading"],
  prepare: [2, "preparing"],
  luminance: [6, "computing the luminance of"],
  embedding: [10, "computing the embedding of"],
  chroma: [55, "colouring"],
  recombine: [88, "putting together"],
  write: [94, "writing"],
} as const satisfies Record<ColorizeStage | "read" | "write", readonly [number, string]>;
type FileStage = keyof typeof STAGES;

/** The text of an error on a terminal: an EngineError without its stack, other errors with it. */
export function errorText(error: unknown): string {
  if (error instanceof EngineError) return printable(error.message);
  return printableLines(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
}

/** A path for messages: relative where that is shorter. */
function short(path: string): string {
  const near = relative(process.cwd(), path) || ".";
  return printable(near.length < path.length ? near : path);
}

/** Lists known but unsupported pictures one per line, and the other files by their reason. */
function skippedText(skipped: readonly Skipped[]): string {
  if (skipped.length === 0) return "";
  const known = skipped
    .filter((file) => file.known)
    .map(({ input, reason }) => `  ${short(input)}: ${printable(reason)}\n`);
  const names = new Map<string, string[]>();
  for (const { input, reason } of skipped.filter((file) => !file.known)) {
    const group = names.get(reason);
    if (group) group.push(short(input));
    else names.set(reason, [short(input)]);
  }
  const groups = [...names].map(([reason, files]) => {
    const more = files.length - MOST_NAMED;
    const list = [...files.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more (--json lists all)`] : [])];
    return `  ${printable(reason.replace(/\.$/, ""))}: ${list.join(", ")}\n`;
  });
  return `${skipped.length} skipped:\n${known.join("")}${groups.join("")}`;
}

interface ReporterOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly json: boolean;
  /** Number of files to colour. */
  readonly files: number;
}

/** Results go to stdout; the bar, failures and the closing line of `--json` runs go to stderr. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #started = performance.now();
  /** One bar. It is a MultiBar, because only that class prints lines of text above it. */
  readonly #bars: MultiBar | undefined;
  readonly #bar: SingleBar | undefined;
  readonly #failures: FileFailure[] = [];
  readonly #skipped: Skipped[] = [];
  #done = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    if (options.json || !options.stderr.isTTY || options.files === 0) return;
    this.#bars = new MultiBar({
      format: "{bar} {percentage}% | {finished}/{files} | {doing}",
      stream: options.stderr as NodeJS.WritableStream,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false, // the command itself handles interrupts
    });
    this.#bar = this.#bars.create(options.files * 100, 0, { finished: 0, files: options.files, doing: "starting" });
  }

  get failures(): readonly FileFailure[] {
    return this.#failures;
  }

  /** Shows progress before the first file. `fraction`: share of the model's bytes, 0 to 1. */
  loading(what: string, fraction?: number): void {
    const share = fraction === undefined ? "" : ` ${Math.floor(fraction * 100)}%`;
    this.#show(this.#finished * 100, { doing: `${what}${share}` });
  }

  stage(stage: FileStage, input: string): void {
    const [percent, words] = STAGES[stage];
    this.#show(this.#finished * 100 + percent, { doing: `${words} ${short(input)}` });
  }

  file(report: FileReport): void {
    this.#done++;
    if (this.#options.json) return this.#json(report);
    const notes = report.notes.length ? printable(` (${report.notes.join("; ")})`) : "";
    const pages = report.pages === undefined ? "" : `${report.pages} pages, `;
    const size = `${pages}${report.width} x ${report.height}`;
    this.#line(
      `${short(report.input)} -> ${short(report.output)}  ${size}, ${seconds(report.ms["total"] ?? 0)}${notes}\n`,
    );
    this.#step();
  }

  failure(input: string, error: unknown): void {
    this.#failures.push({ input, error });
    this.#step();
    if (!this.#options.json) return;
    const code = error instanceof EngineError ? error.code : "unexpected";
    const message = messageOf(error);
    this.#json({ input, error: { code, message } });
  }

  /** Reports a skipped file of a folder, which counts as neither done nor failed. */
  skip(file: Skipped): void {
    if (this.#options.json) this.#json({ input: file.input, skipped: file.reason });
    else this.#skipped.push(file);
  }

  #json(line: object): void {
    this.#options.stdout.write(`${printable(JSON.stringify(line))}\n`);
  }

  /** Removes the bar and prints the summary. */
  end({ out, stopped }: { readonly out: string | undefined; readonly stopped: boolean }): void {
    this.#bars?.update();
    this.#bars?.stop();
    const { stdout, stderr, json, files } = this.#options;
    const time = seconds(performance.now() - this.#started);
    const share = `${this.#done} of ${files} ${files === 1 ? "photograph" : "photographs"}`;
    const count = files === 0 ? "No photograph is left to colour" : `${share} coloured in ${time}`;
    const where = this.#done > 0 && out !== undefined ? `: look in ${short(out)}` : "";
    (json ? stderr : stdout).write(`${stopped ? "Stopped. " : ""}${count}${where}\n`);
    stderr.write(skippedText(this.#skipped));
    if (this.#failures.length === 0) return;
    const list = this.#failures.map(({ input, error }) => {
      const text = errorText(error);
      const name = printable(input);
      return `  ${text.includes(name) ? "" : `${name}: `}${text}\n`;
    });
    stderr.write(`${this.#failures.length} failed:\n${list.join("")}`);
  }

  get #finished(): number {
    return this.#done + this.#failures.length;
  }

  #step(): void {
    this.#show(this.#finished * 100, { finished: this.#finished });
  }

  #show(value: number, words: { readonly doing?: string; readonly finished?: number }): void {
    this.#bar?.update(value, words);
    this.#bars?.update(); // draws now, because a stage may block the bar's timer
  }

  /** Prints a line of text, above the bar where both are on the terminal. */
  #line(text: string): void {
    const { stdout } = this.#options;
    if (this.#bars && stdout.isTTY) this.#bars.log(text);
    else stdout.write(text);
  }
}
