import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { OPS } from "../../src/graph/import/registry";
import { OP_NOTES } from "../../tools/op-notes";
import { opsPage } from "../../tools/ops-table";

it("docs/ops.md is what npm run docs:ops writes", async () => {
  const page = await readFile(new URL("../../docs/ops.md", import.meta.url), "utf8");
  expect(page).toBe(await opsPage());
  for (const op of OPS.keys()) expect(page).toMatch(new RegExp(`^\\| ${op} +\\|`, "m"));
});

it("notes are of ops that exist", () => {
  expect(Object.keys(OP_NOTES).filter((op) => !OPS.has(op))).toEqual([]);
});
