import { ENGINE } from "../../src/session/engine";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stridedNetwork } from "../shared/networks";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "graph-"));
  writeFileSync(join(folder, "strided.onnx"), stridedNetwork());
  writeFileSync(join(folder, "broken.onnx"), "not a model");
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(file: string, ...options: string[]): { status: number | null; stdout: string; stderr: string } {
  const args = ["--import", "./tools/register.mjs", "tools/graph.ts", join(folder, file), ...options];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

const SHAPES = ["--shape", "luminance=1x1x16x24", "--shape", "embedding=1x1001"];

describe("npm run graph", () => {
  it("prints the graph after import and after the last pass", () => {
    const { status, stdout } = run("strided.onnx", ...SHAPES, "--ends");
    expect(status).toBe(0);
    const [before, after] = stdout.split("== result: ");
    expect(before).toMatch(/^== import: \d+ nodes/);
    expect(before).toContain("concat(");
    expect(after).toMatch(/^19 nodes, .* of constants\n {3}14 conv/);
    expect(after).toContain("%luminance: input f32[1,1,16,24]");
    expect(after).not.toContain("concat(");
  });

  it("prints after every pass", () => {
    const { stdout } = run("strided.onnx", ...SHAPES, "--summary");
    const stages = [...stdout.matchAll(/^== ([\w-]+):/gm)].map(([, stage]) => stage);
    expect(stages).toEqual(["import", ...ENGINE.passes.map(({ name }) => name), "result"]);
  });

  it("prints one stage, as totals", () => {
    const { stdout } = run("strided.onnx", ...SHAPES, "--after", "fuse-activation", "--summary");
    expect(stdout.trim().split("\n").length).toBe(2);
    expect(stdout).toMatch(/^== fuse-activation: \d+ nodes/);
  });

  it.each([
    ["an open shape", "strided.onnx", [], /input "luminance".*--shape luminance=1x1x256x256, with/],
    ["an unknown stage", "strided.onnx", [...SHAPES, "--after", "magic"], /one of import, fold-constants/],
    ["a malformed shape", "strided.onnx", ["--shape", "luminance=1x"], /Write it like input=1x1x256x256/],
    ["a file that is no model", "broken.onnx", [], /broken\.onnx/],
    ["a missing file", "missing.onnx", [], /expected an ONNX file/],
  ])("says what to do about %s", (_, file, options, message) => {
    const { status, stderr } = run(file, ...options);
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at "); // no stack
  });
});
