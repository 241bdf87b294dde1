import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { PAGE, readFigures } from "../../tools/attack/figures";
import { reliabilityPage } from "../../tools/attack/reliability-page";

it("docs/reliability.md is what npm run attack -- --write writes", async () => {
  expect(await readFile(PAGE, "utf8")).toBe(reliabilityPage(await readFigures()));
});

it("adds up the runs of an attack", () => {
  const run = { findings: 0, memory: 0, figures: {}, date: "2026-01-31", adapter: "an adapter" };
  const page = reliabilityPage({
    models: {
      "seed 10": { ...run, inputs: 1000, seconds: 2, heap: 20, outcomes: { computed: 900, refused: 100 } },
      "kept inputs": { ...run, inputs: 10, seconds: 1, outcomes: { computed: 10 } },
      "seed 9": { ...run, inputs: 3000, seconds: 1, heap: 40, outcomes: { refused: 3000 }, findings: 1 },
    },
  });
  expect(page).toMatch(/\| `models` \|[^|]+\| 4,010 \| 1 \| 2\.00 s \| 0 MB \| 35 B \|/);
  expect(page).toContain(
    "The kept inputs, seed 9, seed 10; 2026-01-31; on an adapter.\n\n- 3,100 refused\n- 910 computed\n",
  );
});
