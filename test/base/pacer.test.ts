import { expect, it } from "vitest";
import { Pacer } from "../../src/base/pacer";

it("pauses let other work in, and only after a stretch of work", async () => {
  const turns: string[] = [];
  setImmediate(() => turns.push("other"));
  const pacer = new Pacer();
  await pacer.pause();
  expect(turns).toEqual([]);
  const until = performance.now() + 20;
  while (performance.now() < until);
  setTimeout(() => turns.push("timer"), 0);
  await pacer.pause();
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(turns).toContain("other");
});
