/** `colorize-canvas copy-models`: copies models of this package into a folder of a web site. Needs no other npm package. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EngineError } from "../base/errors";
import { SHIPPED_MODELS } from "../colorizer/shipped-models";
import { placeFile } from "./place-file";
import { printable } from "./printable";
import {
  checkModelNames,
  DEFAULT_MODELS,
  ONNXRUNTIME,
  onnxruntimeFiles,
  webModelFiles,
  workerFiles,
  WORKERS,
} from "./web-models";

const HELP = `Usage: colorize-canvas copy-models <folder> [options]

Copies a model of this package to <folder>/models/NAME/, where <folder> is what a web
server makes public. Checks every file's SHA-256, and replaces files that differ.

Options:
  --model NAME  ${SHIPPED_MODELS.join(", ")}; several times for several
                (default: ${DEFAULT_MODELS.join(", ")}; none where --fallback or --workers is given)
  --all         every model of this package
  --fallback    also onnxruntime-web, for pages that colour without WebGPU
  --workers     also this package's workers, for bundlers that do not find them (esbuild)
  -h, --help    display this help
`;

interface Streams {
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
  /** Aborts between two files. */
  readonly signal?: AbortSignal;
}

/** Runs the command with the arguments after its name; returns the exit code: 0, 1 for a failed copy, 2 for wrong usage, 130 if interrupted. */
export async function copyModels(argv: readonly string[], { print, printError, signal }: Streams): Promise<number> {
  let request: Request | "help";
  try {
    request = parse(argv);
  } catch (error) {
    printError(`${printable((error as Error).message)}\n\n${HELP}`);
    return 2;
  }
  if (request === "help") {
    print(HELP);
    return 0;
  }
  const { folder, names, ...more } = request;
  try {
    for (const name of names) {
      const copied = await copyFiles(await webModelFiles(name), folder, print, signal);
      if (copied === undefined) return 130;
      print(`${name} (${size(copied)}) is complete. ${whereRoot(folder)} model="/models/${name}/".\n`);
    }
    const parts = [
      { wanted: more.fallback, name: ONNXRUNTIME, files: onnxruntimeFiles, attribute: "fallback" },
      { wanted: more.workers, name: WORKERS, files: workerFiles, attribute: "workers" },
    ];
    for (const { name, files, attribute } of parts.filter(({ wanted }) => wanted)) {
      const copied = await copyFiles(await files(), folder, print, signal);
      if (copied === undefined) return 130;
      print(`${name} (${size(copied)}) is complete. ${whereRoot(folder)} ${attribute}="/models/${name}/".\n`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    printError(`${printable(error.message)}\n`);
    return 1;
  }
}

interface Request {
  readonly folder: string;
  readonly names: readonly string[];
  /** Whether to copy onnxruntime-web, too. */
  readonly fallback: boolean;
  /** Whether to copy this package's workers, too. */
  readonly workers: boolean;
}

/** Throws InputError, or the TypeError of parseArgs(). */
function parse(argv: readonly string[]): Request | "help" {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      model: { type: "string", multiple: true },
      all: { type: "boolean" },
      fallback: { type: "boolean" },
      workers: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return "help";
  const [folder, ...more] = positionals;
  if (folder === undefined || more.length > 0)
    throw new TypeError(
      `copy-models: expected one folder, received ${positionals.length === 0 ? "none" : positionals.join(", ")}.`,
    );
  if (values.all && values.model) throw new TypeError("copy-models: expected --all or --model, received both.");
  const { fallback = false, workers = false } = values;
  const usual = fallback || workers ? [] : DEFAULT_MODELS;
  const names = values.all ? SHIPPED_MODELS : (values.model ?? usual);
  checkModelNames(names, "--model");
  return { folder, names: [...new Set(names)], fallback, workers };
}

function whereRoot(folder: string): string {
  return `If ${printable(folder)} is the root of your site, write`;
}

/** Copies files in their order: a model.json is the last, so that it names no file that is missing. Returns their bytes; undefined when aborted. */
async function copyFiles(
  files: ReadonlyMap<string, Uint8Array>,
  folder: string,
  print: (text: string) => void,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let total = 0;
  for (const [path, bytes] of files) {
    if (signal?.aborted) return undefined;
    const target = join(folder, "models", path);
    const before = await readFile(target).catch(() => undefined);
    const same = before?.equals(bytes);
    if (!same) await placeFile(target, bytes, { overwrite: true });
    total += bytes.length;
    print(`${printable(target)}: ${size(bytes.length)}, ${same ? "unchanged" : before ? "replaced" : "copied"}\n`);
  }
  return total;
}

/** "4.7 MB", "7 kB". */
function size(bytes: number): string {
  return bytes < 1e5 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
