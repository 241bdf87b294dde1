import { expect, it } from "vitest";
import { interleave, repeatsWithin, type Turn } from "../../bench/interleave";

function recorder(log: string[]): (name: string, repeats: number) => Turn {
  return (name, repeats) => ({ name, repeats, run: () => Promise.resolve(void log.push(name)) });
}

it("takes turns, the other way round every other round, and spreads those with fewer repeats", async () => {
  const log: string[] = [];
  const turn = recorder(log);
  await interleave([turn("a", 4), turn("b", 4), turn("c", 2)], () => {});
  expect(log.join("")).toBe("abcbaabcba");
});

it("gives no more turns to one that failed", async () => {
  const log: string[] = [];
  const failures: string[] = [];
  const turn = recorder(log);
  const broken = { name: "b", repeats: 3, run: () => Promise.reject(new Error("lost")) };
  await interleave([turn("a", 3), broken], (name, error) => void failures.push(`${name}: ${String(error)}`));
  expect(log).toEqual(["a", "a", "a"]);
  expect(failures).toEqual(["b: Error: lost"]);
});

it("repeats slow ones less, but once", () => {
  expect(repeatsWithin(7, 10, 1000)).toBe(7);
  expect(repeatsWithin(7, 300, 1000)).toBe(3);
  expect(repeatsWithin(7, 5000, 1000)).toBe(1);
});

it("ends after a round when it is enough, but everyone had a turn", async () => {
  const log: string[] = [];
  const turn = recorder(log);
  await interleave(
    [turn("a", 4), turn("b", 4)],
    () => {},
    () => true,
  );
  expect(log.join("")).toBe("ab");
  await interleave(
    [turn("a", 4), turn("b", 4)],
    () => {},
    () => log.length >= 6,
  );
  expect(log.join("")).toBe("ababba");
});
