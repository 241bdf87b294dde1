/**
 * `npm run bench:report -- FILES`: puts the results of any number of runs into docs/benchmark.md, each by its adapter, and draws
 * them into docs/bench.svg. What the two held before is replaced.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { messageOf } from "../src/base/errors";
import { chart } from "./chart";
import { parseResult } from "./parse-result";
import { withResults } from "./report-text";

async function main(): Promise<void> {
  const program = new Command("bench:report")
    .description("Puts results of the bench into the documentation.")
    .argument("<files...>", "JSON files of npm run bench, run.sh of bench:pack, or the page of bench:page")
    .option("--docs <file>", "the document, which has the markers of the results", "docs/benchmark.md")
    .option("--svg <file>", "the chart", "docs/bench.svg")
    .parse();
  const { docs, svg } = program.opts<{ docs: string; svg: string }>();
  // Nothing is written before everything is known to be right.
  const results = program.args.map((path) => parseResult(readFileSync(path, "utf8"), path));
  const text = withResults(readFileSync(docs, "utf8"), results, docs);
  const drawn = await chart(results);
  write(docs, text);
  write(svg, drawn);
  console.log(`${docs}, ${svg}: ${results.length} ${results.length === 1 ? "result" : "results"}`);
}

/** Writes the file atomically. */
function write(path: string, content: string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

await main().catch((error: unknown) => {
  console.error(`bench:report: ${messageOf(error)}\nNothing was written.`);
  process.exitCode = 1;
});
