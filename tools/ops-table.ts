/** Writes docs/ops.md from the engine's importers: `npm run docs:ops`. A test fails when the file is out of date. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { OPSETS } from "../src/graph/import";
import { ENGINE } from "../src/session/engine";
import { OP_NOTES } from "./op-notes";
import { readFigures, type Figures, type OpFigures } from "./verify-ops/figures";

function table({ ops }: Figures): string {
  const rows = Object.keys(ENGINE.importers)
    .sort()
    .map((op) => {
      const { notes = "", since = OPSETS.oldest, until = OPSETS.newest } = OP_NOTES[op] ?? {};
      const own = ops[op];
      const tests = own ? `${own.passed} of ${own.tests}` : "none";
      return `| ${op} | ${since}-${until} | ${tests} | ${notes.replaceAll("|", "\\|")} |`;
    });
  return ["| op | opsets | node tests | notes |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

/** The tests that do not pass, those of one reason together. */
function failures({ ops }: Figures): string {
  const byReason = new Map<string, string[]>();
  for (const [op, { failed }] of Object.entries(ops))
    for (const [test, reason] of Object.entries(failed)) {
      const key = `| ${op} | ${reason.replaceAll("|", "\\|")} |`;
      byReason.set(key, [...(byReason.get(key) ?? []), test]);
    }
  const rows = [...byReason].map(([key, tests]) => `${key} ${tests.length} |`);
  return ["| op | reason | tests |", "| --- | --- | --- |", ...rows].join("\n");
}

/** How verify:ops begins the reason of a test whose values it cannot read. */
const UNREAD = "elements of";

const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

/** The text of docs/ops.md, formatted as the project's other files. */
export async function opsPage(): Promise<string> {
  const figures = readFigures();
  const sum = (of: (row: OpFigures) => number): number =>
    Object.values(figures.ops).reduce((total, row) => total + of(row), 0);
  const [passed, tests] = [sum((row) => row.passed), sum((row) => row.tests)];
  const unread = sum(({ failed }) => Object.values(failed).filter((reason) => reason.startsWith(UNREAD)).length);
  const text = `# ONNX ops

<!-- Written by npm run docs:ops from src/session/engine.ts, tools/op-notes.ts and tools/verify-ops/figures.json; change those instead. -->

\`Session.load\` supports these ops of the default operator set, versions ${OPSETS.oldest} to ${OPSETS.newest}. A model with other ops or attributes
throws an \`UnsupportedError\` that lists every unsupported node: at load, or, where support depends on sizes that the model and
\`inputShapes\` leave open, at the first run with such sizes.

Tensors at run time are floats of fixed shape; booleans are 0 or 1. Integers exist only in values that are evaluated at load. All shapes are
known then, so the shape arithmetic of exporters is evaluated. Ops whose inputs are all constants are evaluated at load, except
convolutions, pooling, fast resizing, DepthToSpace, SpaceToDepth, normalisations and softmax, which become nodes of the graph.
"Constants only" marks ops that are not supported at run time.
Tensors have any number of axes. Ops that move or broadcast elements count neighbouring axes that they treat as one as one axis, and support six.
Resize supports axes whose sizes before and after have a product of at most 2^28, and longer ones by ratios of small numbers.
Inputs of whole numbers that the GPU's floats would round (above 2^24 in f32, 2^11 in f16) are refused; given by \`freeze\`, they may be larger. An output of
whole numbers that is known at load has them exactly, as \`integers\` beside its \`data\`.

Constants of every number type are read: integers of 2 to 64 bits, which wrap as in C up to 32 bits and are exact to 2^53 beyond,
and floats of 4 to 64 bits, which are computed and kept in 32. Strings and complex numbers are refused.

${table(figures)}

## Node tests

"Node tests" counts the ONNX project's own tests of each op that pass, from version ${figures.onnx} of PyPI's \`onnx\`: ${passed} of ${tests}
(${share(passed, tests)}), or ${share(passed, tests - unread)} of those whose tensors have element types that the engine reads.
\`npm run verify:ops -- FOLDER --write VERSION\` runs them through \`Session\` on a device and writes the figures. Every input is a tensor at run
time where the op supports that, else a constant. No test gives wrong numbers, except those that are said to differ; the others throw an error with this
reason:

${failures(figures)}`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await writeFile(new URL("../docs/ops.md", import.meta.url), await opsPage());
