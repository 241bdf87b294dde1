import { expect, it } from "vitest";
import { Turns } from "../../src/base/turns";

it("gives turns in the order of the calls, each after the earlier ones have ended", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = async (name: string, milliseconds: number): Promise<void> => {
    const end = await turns.take();
    order.push(`${name} begins`);
    try {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      if (name === "b") throw new Error("b fails");
    } finally {
      order.push(`${name} ends`);
      end();
      end(); // has no effect
    }
  };
  await Promise.allSettled([work("a", 5), work("b", 1), work("c", 0)]);
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

it("runs work in turn, passes on its failure, and says when all of it has ended", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const slow = turns.run(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push("slow");
    return 1;
  });
  const failing = turns.run(async () => {
    order.push("failing");
    throw new Error("it failed");
  });
  const failed = expect(failing).rejects.toThrow("it failed");
  await turns.ended();
  order.push("ended");
  expect(await slow).toBe(1);
  await failed;
  expect(order).toEqual(["slow", "failing", "ended"]);
});
