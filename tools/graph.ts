/** Prints the engine's graphs of an ONNX file: `npm run graph -- model.onnx --shape input=1x1x256x256`. */
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { InputError, messageOf } from "../src/base/errors";
import { importModel } from "../src/graph/import";
import type { Graph, Shape } from "../src/graph/ir";
import { optimize } from "../src/graph/optimize";
import { printGraph, printTotals } from "../src/graph/print";
import { externalDataIn } from "../src/node/external-data";
import { decodeModel } from "../src/weights/onnx/decode";
import type { OnnxModel } from "../src/weights/onnx/types";
import { ENGINE } from "../src/session/engine";
import { runTool } from "./command";

interface Options {
  readonly shape: Readonly<Record<string, Shape>>;
  readonly after?: string;
  readonly ends?: boolean;
  readonly constants?: boolean;
  readonly summary?: boolean;
}

/** Collects `name=1x1x256x256`. */
function addShape(text: string, shapes: Record<string, Shape>): Record<string, Shape> {
  const [, name, sizes] = /^(.+)=(\d+(?:x\d+)*)$/.exec(text) ?? [];
  if (name === undefined || sizes === undefined) throw new InvalidArgumentError("Write it like input=1x1x256x256.");
  return { ...shapes, [name]: sizes.split("x").map(Number) };
}

async function readModel(path: string): Promise<OnnxModel> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const received = messageOf(cause);
    throw new InputError({ where: path, expected: "an ONNX file", received, cause });
  });
  return decodeModel(bytes, { label: basename(path), externalData: externalDataIn(dirname(path)) });
}

/** `12 conv, 3 concat`: ops by number. */
function countOps(graph: Graph): string {
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([op, count]) => `${count} ${op}`)
    .join(", ");
}

async function main(path: string, options: Options): Promise<void> {
  const show = (stage: string, graph: Graph): void => {
    const title = `== ${stage}: ${printTotals(graph, ENGINE.ops)}\n   ${countOps(graph)}`;
    console.log(
      options.summary
        ? title
        : `${title}\n${printGraph(graph, ENGINE.ops, { constants: options.constants ?? false })}\n`,
    );
  };
  const stages = ["import", ...ENGINE.passes.map((pass) => pass.name)];
  if (options.after !== undefined && !stages.includes(options.after))
    throw new InputError({
      where: "--after",
      expected: `one of ${[...new Set(stages)].join(", ")}`,
      received: options.after,
    });

  const graph = importModel(await readModel(path), ENGINE, { inputShapes: options.shape });
  const wanted = (stage: string): boolean =>
    options.after === undefined ? options.ends !== true : options.after === stage;
  if (wanted("import") || options.after === undefined) show("import", graph);
  const result = optimize(graph, ENGINE, { onPass: (name, after) => wanted(name) && show(name, after) });
  if (options.after === undefined) show("result", result);
}

const program = new Command("graph")
  .description("Prints an ONNX model as the engine's graph: after import and after every pass.")
  .argument("<model>", "ONNX file")
  .option("--shape <name=NxCxHxW>", "size of an input that the file leaves open; may be repeated", addShape, {})
  .option("--ends", "print only after import and after the last pass")
  .option("--after <pass>", 'print only after this pass ("import": before the first)')
  .option("--constants", "list constants too")
  .option("--summary", "totals only");
program.parse();
await runTool(
  () => main(program.args[0]!, program.opts<Options>()),
  ({ message }) =>
    message.replace(
      / Pass inputShapes: .*"(.*)": .*/,
      " Pass --shape $1=1x1x256x256, with the channels that the model has.",
    ),
);
