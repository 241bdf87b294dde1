/** The command line's options: their names, texts and ranges. */
import { Command, InvalidArgumentError, Option } from "commander";
import { version } from "../../package.json";
import {
  factorOf,
  fits,
  rangeOf,
  SATURATION,
  SIZE,
  TEMPERATURE,
  WARMTH,
  type NumberOption,
} from "../base/option-checks";
import { SHIPPED_MODELS } from "../colorizer/shipped-models";
import { PRESET_NAMES, type PresetName } from "../weights/model/presets";
import { PRECISIONS, type Precision } from "../gpu/storage";
import type { TextStream } from "./cli-report";
import type { Shard } from "./cli-shard";
import type { NodeAdapter } from "./device";
import type { ImageFormat } from "./images";
import { printableLines } from "./printable";

export interface CommandOptions {
  /** A folder, the name of a file, or "-". */
  readonly out?: string;
  readonly filesFrom?: string;
  readonly recursive?: true;
  readonly format?: ImageFormat;
  readonly size?: number;
  readonly saturation?: number;
  readonly warmth?: number;
  readonly temperature?: number;
  readonly precision: Precision;
  readonly model?: string;
  readonly preset?: PresetName;
  readonly hints?: string;
  readonly adapter?: NodeAdapter;
  readonly tune?: true;
  readonly check?: true;
  readonly overwrite?: true;
  readonly skipExisting?: true;
  readonly shard?: Shard;
  readonly resume?: true;
  readonly json?: true;
}

export const TUNE_SECONDS = 60;

function numberOf(option: NumberOption, read: (text: string) => number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : read(text);
    if (!fits(option, value)) throw new InvalidArgumentError(`Expected ${rangeOf(option)}.`);
    return value;
  };
}

function shardOf(text: string): Shard {
  const [, index, count] = (/^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []).map(Number);
  if (!index || !count || index > count)
    throw new InvalidArgumentError("Expected two whole numbers K/N with K from 1 to N, as in 2/8.");
  return { index, count };
}

export function commandLine({ stdout, stderr }: { readonly stdout: TextStream; readonly stderr: TextStream }): Command {
  return new Command("colorize-canvas")
    .description("Colours black-and-white photographs with a neural network.")
    .version(version, "-V, --version", "print the version")
    .argument("[photographs...]", "JPEG, PNG, WebP or TIFF files, and folders of them; - reads one from stdin")
    .option(
      "-o, --out <path>",
      "folder for results, which keep the names of their inputs; or, for one photograph, a file name, or - for stdout (default: out; for -, stdout)",
    )
    .option("-r, --recursive", "colour folders inside folders, too; results keep the folders")
    .option(
      "--files-from <file>",
      "read the paths of photographs from a file, or - for stdin: one a line, or each ended by a zero byte; results keep the folders of relative paths",
    )
    .addOption(
      new Option("--format <format>", "file format; default: as the input").choices(["jpeg", "png", "webp", "tiff"]),
    )
    .option(
      "--size <pixels>",
      "working size: the network's picture has as many pixels as a square of this side, 32 to 1024",
      numberOf(SIZE, Number),
    )
    .option(
      "--saturation <factor>",
      "factor on the predicted colours, 0 to 4; 1 or 100% keeps the prediction",
      numberOf(SATURATION, factorOf),
    )
    .option(
      "--warmth <number>",
      "-1 to 1: above 0 colours turn to yellow, below to blue; grey stays grey",
      numberOf(WARMTH, Number),
    )
    .option(
      "--temperature <number>",
      "for models that predict a distribution over colours, 0.05 to 10: below 1 nearer to the likeliest colour, above 1 to the mean",
      numberOf(TEMPERATURE, Number),
    )
    .addOption(
      new Option("--precision <type>", "storage type of numbers on the GPU").choices(PRECISIONS).default("auto"),
    )
    .option(
      "--model <model>",
      `${SHIPPED_MODELS.join(", ")} (default: ${SHIPPED_MODELS[0]}); a folder or URL with a model.json; or an .onnx file that fits a preset`,
    )
    .addOption(
      new Option("--preset <name>", "which colorizer an .onnx file is, where its inputs do not say it").choices(
        PRESET_NAMES,
      ),
    )
    .option(
      "--hints <file>",
      'JSON list of { "x", "y", "radius", "color": "#rrggbb" or [r, g, b], "spread" } in pixels of the photograph, for one photograph: colours that you know (docs/hints.md)',
    )
    .addOption(
      new Option("--adapter <kind>", "system: the machine's own driver, swiftshader: the software driver from npm")
        .choices(["auto", "system", "swiftshader"])
        .default(undefined, "COLORIZE_ADAPTER, else auto"),
    )
    .option(
      "--tune",
      `first measure the fastest convolution algorithms on this GPU, for up to ${TUNE_SECONDS} s, and store them`,
    )
    .option(
      "--check",
      "look at the numbers of every layer, and name the first that are not finite or out of range; slow",
    )
    .option("--overwrite", "replace existing results")
    .addOption(
      new Option("--skip-existing", "leave out photographs whose result exists").conflicts(["overwrite", "resume"]),
    )
    .option(
      "--shard <k/n>",
      "colour only the K-th of N parts of the photographs, chosen by a hash of the path",
      shardOf,
    )
    .option(
      "--resume",
      "keep a journal in the folder of results, and leave out what an earlier run with --resume finished, unless the photograph changed",
    )
    .option("--json", "print one JSON line per file")
    .addHelpText(
      "after",
      "\nFor web sites, `colorize-canvas copy-models --help` describes how to copy models into a folder.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(printableLines(text)),
    });
}
