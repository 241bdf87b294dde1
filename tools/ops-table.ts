/** Writes docs/ops.md from the engine's importers: `npm run docs:ops`. A test fails when the file is out of date. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { OPSETS } from "../src/graph/import";
import { ENGINE } from "../src/session/engine";

function table(): string {
  const rows = Object.entries(ENGINE.importers)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([op, { notes = "", since = OPSETS.oldest, until = OPSETS.newest }]) => {
      return `| ${op} | ${since}-${until} | ${notes.replaceAll("|", "\\|")} |`;
    });
  return ["| op | opsets | notes |", "| --- | --- | --- |", ...rows].join("\n");
}

/** The text of docs/ops.md, formatted as the project's other files. */
export async function opsPage(): Promise<string> {
  const text = `# ONNX ops

<!-- Written by npm run docs:ops from the tables in src/graph/import/ops; change those instead. -->

\`Session.load\` supports these ops of the default operator set, versions ${OPSETS.oldest} to ${OPSETS.newest}. A model with other ops or attributes
throws an \`UnsupportedError\` that lists every unsupported node: at load, or, where support depends on sizes that the model and
\`inputShapes\` leave open, at the first run with such sizes.

Tensors at run time are floats of fixed shape. Integers and booleans exist only in values that are evaluated at load. All shapes are
known then, so the shape arithmetic of exporters is evaluated. Ops whose inputs are all constants are evaluated at load, except
convolutions, pooling, resizing, DepthToSpace, SpaceToDepth, normalisations and softmax, which become nodes of the graph.
"Constants only" marks ops that are not supported at run time.

${table()}`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await writeFile(new URL("../docs/ops.md", import.meta.url), await opsPage());
