/** Results as a file, a table and a picture. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { barsOf } from "../../bench/bars";
import { chart } from "../../bench/chart";
import { facts, withoutPaths } from "../../bench/facts";
import { ResultFile } from "../../bench/result-file";
import { resultText, type Result } from "../../bench/results";
import { parseResult } from "../../bench/parse-result";
import { withResults } from "../../bench/report-text";
import { shareOfRoof } from "../../bench/roof-share";
import type { PeerRow, Row } from "../../bench/rows";
import { tables, textTable } from "../../bench/table";

const place = { where: "node", adapter: "mesa software: llvmpipe" } as const;
const ms = (median: number): NonNullable<PeerRow["wall"]> => ({ median, low: median, high: median, repeats: 3 });
const peer = (contender: string, median: number, more: Partial<PeerRow> = {}): PeerRow => ({
  ...place,
  ...{ kind: "peer", subject: "embedder 299x299", contender, elem: "f32", ours: contender.startsWith("colorize") },
  ...{ wall: ms(median), times: [median, median, median], ...more },
});
const ROWS: readonly Row[] = [
  { ...place, kind: "roof", gflops: 10, gbytes: 2, cachedGbytes: 4 },
  { ...place, kind: "kernel", name: "conv", elem: "f32", flops: 4e9, bytes: 1e6, wall: ms(800) },
  peer("colorize-canvas f32", 1000),
  peer("tfjs webgpu", 4500),
  peer("onnxruntime-node cpu", 100),
  peer("onnxruntime-node webgpu", 1, { wall: undefined, times: undefined, error: "differs by 0.5" }),
];
const result = (rows: readonly Row[]): Result => ({ facts: facts(), options: {}, adapters: {}, rows, failures: [] });

it("aligns columns, numbers to the right", () => {
  expect(
    textTable(
      ["name", "ms"],
      [
        ["a", "1.5"],
        ["long name", "10"],
      ],
    ),
  ).toBe(["name        ms", "---------  ---", "a          1.5", "long name   10"].join("\n"));
});

it("shows the share of the roof, the ratios, and why something was not timed", () => {
  const text = tables(ROWS);
  expect(text).toMatch(/^conv .* 800 .* 5\.00 .* 50 %$/m);
  expect(text).toMatch(/tfjs webgpu .* 4500 .* 4\.50x$/m);
  expect(text).toMatch(/onnxruntime-node webgpu .* differs by 0\.5$/m);
});

it("takes the roof of the cache for small tensors only", () => {
  const roof = { gflops: 10, gbytes: 2, cachedGbytes: 4 };
  expect(shareOfRoof(roof, 0, 4e6, 2)).toBeCloseTo(0.5);
  expect(shareOfRoof(roof, 0, 4e7, 40)).toBeCloseTo(0.5);
});

it("draws a bar for everything that was timed, with its ratio to ours", async () => {
  const labels = barsOf([result(ROWS)]).map(({ contender, label }) => `${contender}: ${label}`);
  expect(labels).toEqual([
    "colorize-canvas f32: 1.00 s",
    "tfjs webgpu: 4.50 s, 4.5x",
    "onnxruntime-node cpu: 100 ms, 0.10x",
  ]);
  const svg = await chart([result(ROWS)]);
  expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/);
  for (const text of ["Inception-ResNet-v2 299x299, Node, llvmpipe", "4.50 s, 4.5x", "tfjs webgpu"])
    expect(svg).toContain(text);
  expect(svg).not.toContain("differs");
});

it("keeps a file that is whole after every finding, and names no folder of this machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = new ResultFile(folder, "test", { facts: facts(), options: { repeats: 3 } });
    file.adapter("node", { vendor: "mesa" });
    for (const row of ROWS) file.add([row]);
    file.fail("node, model f32", `Error: cannot open ${process.cwd()}/models/x.onnx`);
    const read = parseResult(readFileSync(file.path, "utf8"), file.path);
    expect(read.rows).toEqual(JSON.parse(JSON.stringify(ROWS)));
    expect(read.adapters).toEqual({ node: { vendor: "mesa" } });
    expect(read.failures[0]!.error).toBe("Error: cannot open ./models/x.onnx");
    expect(readdirSync(folder)).toHaveLength(1);
    expect(JSON.stringify(read)).not.toContain(process.cwd());
    expect(withoutPaths("at file:///home/someone/project/a.js:1")).toBe("at …/a.js:1");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it("knows the machine and the versions", () => {
  const { versions, cores } = facts();
  expect(cores).toBeGreaterThan(0);
  expect(Object.values(versions)).not.toContain("not installed");
});

const DOCUMENT =
  "# Title\n\n<!-- Results: written by npm run bench:report; change nothing below. -->\nold\n<!-- End: Results. -->\nend\n";

it("puts results between the markers of a document, each by its adapter, GPUs first", () => {
  const gpu = ROWS.map((row): Row => ({ ...row, where: "browser", adapter: "amd rdna-3: card|1" }));
  const adapters = { browser: { driver: "driver 26.1", browser: "Firefox 150" } };
  const text = withResults(DOCUMENT, [result(ROWS), { ...result(gpu), adapters }], "a.md");
  expect(text).toMatch(
    /^# Title\n\n<!-- Results.*-->\n\n### amd rdna-3: card\\\|1\n[^]*### mesa[^]*<!-- End.*-->\nend\n$/,
  );
  for (const line of ["| driver | driver 26.1 |", "| where | Firefox 150 |", "| precision | f32 |"])
    expect(text).toContain(line);
  expect(text).toMatch(/\| date \| \d{4}-\d\d-\d\d \|/);
  expect(text).not.toContain("old");
  expect(text).not.toContain("No GPU");
  expect(withResults(text, [result(ROWS)], "a.md")).toContain("No GPU has been measured yet");
  expect(() => withResults("# Title", [result(ROWS)], "a.md")).toThrow(/^a\.md: expected the lines "<!-- Results/);
});

it.each([
  ["{", "no JSON"],
  ["[]", 'the whole: Instance type "array" is invalid'],
  ['{"adapters": {}}', 'required property "facts"'],
  [resultText({ ...result(ROWS), facts: { ...facts(), date: "yesterday" } }), "facts/date"],
  [resultText(result([])), "rows"],
  [resultText(result([{ ...ROWS[0]!, kind: "constructor" } as unknown as Row])), "a row of unknown kind"],
  [resultText(result([ROWS[0]!, { ...ROWS[2]!, wall: 3 } as unknown as Row])), "in row 2 wall"],
])("refuses a file that is no result: %#", (content, problem) => {
  expect(() => parseResult(content, "a.json")).toThrow(/^a\.json: expected a JSON file written by npm run bench, /);
  expect(() => parseResult(content, "a.json")).toThrow(problem);
});

it("reads back what it writes, of every kind of row", () => {
  const written = JSON.parse(JSON.stringify(result(ROWS))) as Result;
  expect(parseResult(resultText(written), "a.json")).toEqual(written);
});
