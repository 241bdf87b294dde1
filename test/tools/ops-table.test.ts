import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { opsPage } from "../../tools/ops-table";

it("docs/ops.md is what npm run docs:ops writes", async () => {
  expect(await readFile(new URL("../../docs/ops.md", import.meta.url), "utf8")).toBe(await opsPage());
});
