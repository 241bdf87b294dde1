import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PAGE, readFigures } from "../../tools/attack/figures";
import { reliabilityPage } from "../../tools/attack/reliability-page";

it("docs/reliability.md is what npm run attack -- --write writes", async () => {
  expect(await readFile(PAGE, "utf8")).toBe(reliabilityPage(await readFigures()));
});
