import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { expect, it } from "vitest";
// @ts-expect-error: a plain JavaScript file, as the command line of dependency-cruiser needs it
import untyped from "../.dependency-cruiser.mjs";

const rules = untyped as { forbidden: unknown; options: Record<string, unknown> };

/** "rule: from -> to" of every broken rule in a tree. */
async function violations(folders: readonly string[], baseDir = process.cwd()): Promise<string[]> {
  const ruleSet = { forbidden: rules.forbidden } as IFlattenedRuleSet;
  const { tsConfig: _, ...options } = rules.options;
  const { output } = await cruise(
    [...folders],
    { ...options, ruleSet, validate: true, baseDir } as Parameters<typeof cruise>[1],
    undefined,
    { tsConfig: extractTSConfig(join(process.cwd(), "tsconfig.json")) },
  );
  const { summary } = output as ICruiseResult;
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

it("keeps the layers, without cycles", async () => {
  const folders = readdirSync(".").filter((name) => ["src", "test", "demo", "tools", "bench"].includes(name));
  expect(await violations(folders)).toEqual([]);
});

it("would notice a broken layer", async () => {
  const base = mkdtempSync(join(tmpdir(), "layers-"));
  const files: Record<string, string> = {
    "src/base/errors.ts": "",
    "src/index.ts": "",
    "src/node/fs.ts": "",
    "src/session/session.ts": "",
    "src/graph/ir.ts": `import "../kernels/a";`,
    "src/graph/constants/a.ts": `import "../ops/a";`,
    "src/graph/import/a.ts": `import "../../weights/c";`,
    "src/graph/ops/a.ts": `import "../lower/a";`,
    "src/graph/lower/a.ts": `import "../../session/session";`,
    "src/graph/passes/a.ts": `import "../../kernels/a";`,
    "src/graph/passes/b.ts": `import "../import/a";`,
    "src/graph/loop.ts": `import "./ring";`,
    "src/graph/ring.ts": `import "./loop";`,
    "src/kernels/a.ts": `import "../base/errors"; import "../../shaders/a.wgsl?raw";`,
    "src/kernels/b.ts": `import "../graph/loop";`,
    "src/weights/c.ts": `import type {} from "../kernels/a";`,
    "src/colorizer/colorizer.ts": `import "../node/fs"; import "node:fs"; import "../../test/t";`,
    "shaders/a.wgsl": "",
    "test/t.ts": "",
    "test/shared/s.ts": "",
    "bench/b.ts": `import "../test/shared/s"; import "../test/t"; import "./none";`,
    "demo/page.ts": `import "../src/index"; import "../src/colorizer/colorizer";`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  try {
    expect(await violations(["src", "demo", "bench"], base)).toEqual([
      "bench-shares: bench/b.ts -> test/t.ts",
      "browser-without-builtins: src/colorizer/colorizer.ts -> fs",
      "browser-without-node: src/colorizer/colorizer.ts -> src/node/fs.ts",
      "constants: src/graph/constants/a.ts -> src/graph/ops/a.ts",
      "demo-is-a-user: demo/page.ts -> src/colorizer/colorizer.ts",
      "graph-ir: src/graph/ir.ts -> src/kernels/a.ts",
      "layer-colorizer: src/colorizer/colorizer.ts -> fs",
      "layer-colorizer: src/colorizer/colorizer.ts -> src/node/fs.ts",
      "layer-colorizer: src/colorizer/colorizer.ts -> test/t.ts",
      "layer-graph: src/graph/lower/a.ts -> src/session/session.ts",
      "layer-kernels: src/kernels/b.ts -> src/graph/loop.ts",
      "layer-weights: src/weights/c.ts -> src/kernels/a.ts",
      "no-cycles: src/graph/loop.ts -> src/graph/ring.ts",
      "ops-reach-others-as-a-value: src/graph/ops/a.ts -> src/graph/lower/a.ts",
      "passes-before-kernels: src/graph/passes/a.ts -> src/kernels/a.ts",
      "resolved: bench/b.ts -> ./none",
      "src-stands-alone: src/colorizer/colorizer.ts -> test/t.ts",
      "weights-end-at-import: src/graph/passes/b.ts -> src/graph/import/a.ts",
    ]);
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
});

it.each([
  ["src", ".ts", 300],
  ["shaders", ".wgsl", 200],
])("keeps files of %s short", (folder, extension, most) => {
  const long = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(extension))
    .map((name) => ({ name, lines: readFileSync(join(folder, name), "utf8").trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > most);
  expect(long).toEqual([]);
});

it("keeps WGSL in shader files", () => {
  const marks = /@compute\b|@group\(\d\)\s*@binding/;
  const found = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => marks.test(readFileSync(join("src", name), "utf8")));
  expect(found).toEqual([]);
});
