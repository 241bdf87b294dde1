/** The arguments of `npm run evaluate`. */
import { Command, Option } from "commander";
import type { Precision } from "../../src/session/session";
import type { TextStream } from "../../src/node/cli-report";
import type { NodeAdapter } from "../../src/node/device";
import { PRECISIONS } from "../../src/gpu/storage";
import { numberFrom, wholeNumber } from "../command";
import { RANKS, type Rank } from "./summary";

export interface Options {
  readonly model: readonly Named[];
  readonly results: readonly Named[];
  readonly limit?: number;
  readonly shortSide: number;
  readonly shuffleEmbeddings: boolean;
  readonly firstPicture: boolean;
  readonly hints?: number;
  readonly features?: string;
  readonly rank: Rank;
  readonly html?: string;
  readonly json?: string;
  readonly sheet?: string;
  readonly card?: string;
  readonly failures?: string;
  readonly size?: number;
  readonly saturation: number;
  readonly precision: Precision;
  readonly adapter?: NodeAdapter;
  readonly luminanceScale: number;
  readonly luminanceOffset: number;
  readonly chromaScale: number;
  readonly multiple: number;
}

/** A path, and the name to list it under where one is given. */
export interface Named {
  readonly path: string;
  readonly label?: string;
}

/** Collects `path` and `name=path`. */
function addNamed(text: string, before: readonly Named[]): readonly Named[] {
  const [, label, path] = /^([^=/\\]+)=(.+)$/s.exec(text) ?? [];
  return [...before, label !== undefined && path !== undefined ? { label, path } : { path: text }];
}

export function command(stdout: TextStream, stderr: TextStream): Command {
  const any = numberFrom(-1e6);
  return new Command("evaluate")
    .description("Colour photographs are made grey, coloured by models or other methods, and compared with themselves.")
    .argument("<photographs>", "a folder (with its subfolders) or a zip file; each folder is a set")
    .option(
      "--model <path>",
      "name of a shipped model, model folder, model.json or ONNX file; may be repeated, as name=path, too",
      addNamed,
      [],
    )
    .option("--results <path>", "folder or zip file with results of the same names; may be repeated", addNamed, [])
    .option("--limit <n>", "measure this many photographs, spread over all", wholeNumber(1))
    .option("--short-side <pixels>", "shrink photographs to this short side first", wholeNumber(16), 256)
    .option(
      "--shuffle-embeddings",
      "also colour with the embedding of another photograph; the result is worse if the embedding helps",
      false,
    )
    .option(
      "--first-picture",
      "also colour with the model's mean embedding, as a page does before the embedder is loaded",
      false,
    )
    .option(
      "--hints <n>",
      "also colour with this many hints of the true colours, each where the picture is most wrong",
      wholeNumber(1),
    )
    .option("--features <file>", "also measure the Frechet distance between features of this ONNX network")
    .addOption(
      new Option("--rank <figure>", "figure that orders the worst and the best")
        .choices(Object.keys(RANKS))
        .default("gain"),
    )
    .option("--html <file>", "write a report with all pictures")
    .option("--json <file>", "write all figures")
    .option("--sheet <file>", "PNG: grey, coloured, photograph of up to 64 photographs")
    .option("--card <folder>", "metrics.md and metrics.json for a model card and a model.json")
    .option(
      "--failures <file>",
      "JPEG of the worst ten (at most half); only where the photographs' licence lets you show them",
    )
    .option("--size <pixels>", "working size; default: the model's", wholeNumber(8))
    .option("--saturation <factor>", "factor on the predicted colours", numberFrom(0), 1)
    .addOption(
      new Option("--precision <type>", "storage type of numbers on the GPU").choices(PRECISIONS).default("auto"),
    )
    .addOption(
      new Option("--adapter <kind>", "which driver").choices(["auto", "system", "swiftshader"]).default(undefined),
    )
    .option("--luminance-scale <n>", "of a lone ONNX file: input = L* x this + offset", any, 0.02)
    .option("--luminance-offset <n>", "of a lone ONNX file", any, -1)
    .option("--chroma-scale <n>", "of a lone ONNX file: a*, b* = output x this", any, 128)
    .option("--multiple <n>", "of a lone ONNX file: its sides are multiples of this", wholeNumber(1), 8)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) });
}
