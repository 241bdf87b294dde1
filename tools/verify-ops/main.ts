/**
 * Runs the ONNX project's node tests of every op in docs/ops.md through this engine:
 * `npm run verify:ops -- FOLDER [--op Resize] [--test test_resize] [--write 1.23.2]`. FOLDER has a folder for each test; see node-test.ts.
 */
import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { messageOf } from "../../src/base/errors";
import { requestNodeDevice } from "../../src/node/device";
import { ENGINE } from "../../src/session/engine";
import { FIGURES, type Figures } from "./figures";
import { readTest, readTestModel, testNames } from "./node-test";
import { runTest, type Outcome } from "./run-test";

interface Result {
  readonly op: string;
  readonly test: string;
  readonly outcome: Outcome;
}

interface Options {
  readonly op?: string;
  readonly test?: string;
  readonly write?: string;
}

/** The one op that a test is of; undefined for the expanded bodies of functions, which test many. */
function opOf(folder: string, name: string): string | undefined {
  if (name.includes("_expanded")) return undefined;
  try {
    const { model } = readTestModel(folder, name);
    return model.nodes.length === 1 && model.nodes[0]!.domain === "" ? model.nodes[0]!.op : undefined;
  } catch {
    // A file that is not decoded has sequences, functions or element types that no op here is of.
    return undefined;
  }
}

async function outcomeOf(folder: string, name: string, device: GPUDevice): Promise<Outcome> {
  try {
    return await runTest(readTest(folder, name), device);
  } catch (error) {
    // The test's own values cannot be read.
    return { kind: "refused", reason: messageOf(error) };
  }
}

function count(results: readonly Result[], kind: Outcome["kind"]): number {
  return results.filter(({ outcome }) => outcome.kind === kind).length;
}

function print(op: string, results: readonly Result[]): void {
  const counts = (["passed", "refused", "differs", "wrong"] as const).map(
    (kind) => [kind, count(results, kind)] as const,
  );
  const found = counts.filter(([, n]) => n > 0).map(([kind, n]) => `${n} ${kind === "wrong" ? "WRONG" : kind}`);
  console.log(`${op}: ${found.join(", ")}`);
  for (const { test, outcome } of results)
    if (outcome.kind !== "passed") console.log(`  ${outcome.kind} ${test}: ${outcome.reason}`);
}

/** What docs/ops.md says of the tests. */
function figuresOf(results: readonly Result[], ops: readonly string[]): Figures["ops"] {
  const rows = ops.map((op) => {
    const own = results.filter((result) => result.op === op);
    const failed = own.flatMap(({ test, outcome }) =>
      outcome.kind === "passed"
        ? []
        : [[test, outcome.kind === "differs" ? `differs: ${outcome.reason}` : outcome.reason] as const],
    );
    return [op, { tests: own.length, passed: count(own, "passed"), failed: Object.fromEntries(failed) }] as const;
  });
  return Object.fromEntries(rows);
}

async function main(folder: string, options: Options): Promise<void> {
  const device = await requestNodeDevice();
  const names = testNames(folder).filter((name) => name.includes(options.test ?? ""));
  const results: Result[] = [];
  for (const test of names) {
    const op = opOf(folder, test);
    if (op === undefined || !Object.hasOwn(ENGINE.importers, op) || (options.op ?? op) !== op) continue;
    results.push({ op, test, outcome: await outcomeOf(folder, test, device) });
  }
  const ops = [...new Set(results.map(({ op }) => op))].sort();
  for (const op of ops) {
    const own = results.filter((result) => result.op === op);
    print(op, own);
  }
  const [passed, wrong] = [count(results, "passed"), count(results, "wrong")];
  const share = ((100 * passed) / results.length).toFixed(1);
  console.log(`\n${passed} of ${results.length} tests pass (${share} %), ${wrong} are wrong.`);
  const figures = { onnx: options.write, ops: figuresOf(results, ops) };
  if (options.write) await writeFile(FIGURES, `${JSON.stringify(figures, undefined, 2)}\n`);
  if (wrong > 0) process.exitCode = 1;
}

try {
  await new Command("verify:ops")
    .argument("<folder>", "folder of node tests")
    .option("--op <name>", "only tests of this op")
    .option("--test <text>", "only tests whose name contains this")
    .option(
      "--write <version>",
      "write the figures, of the tests of this version of onnx, into tools/verify-ops/figures.json, which npm run docs:ops reads",
    )
    .action(main)
    .parseAsync();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
// Ends the process explicitly, because Dawn's threads would keep it alive.
process.stdout.write("", () => process.exit());
