/** The check of `npm run bench:check`: that it fails when it should, and only then. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { check, driverName, leastRatio, updated, type Baseline } from "../../bench/check";
import { combinedRatios, ratiosOf, type Ratio } from "../../bench/ratios";
import type { PeerRow } from "../../bench/rows";
import { spreadOf } from "../../bench/statistics";

const ADAPTER = "google swiftshader: SwiftShader driver 5.0.0";

function row(contender: string, times: readonly number[], more: Partial<PeerRow> = {}): PeerRow {
  const ours = contender.startsWith("colorize");
  const place = { where: "node", adapter: ADAPTER } as const;
  return { kind: "peer", subject: "s", contender, elem: "f32", ours, times, wall: spreadOf(times), ...place, ...more };
}

it("pairs repeats that were measured one after the other, so that what slows both cancels", () => {
  const rows = [row("colorize-canvas f32", [10, 20, 30]), row("peer", [40, 80, 120])];
  expect(ratiosOf(rows)).toEqual([
    { key: "node / s / colorize-canvas f32 / peer", adapter: ADAPTER, ratio: 4, noise: 0 },
  ]);
});

it("pairs fewer repeats of a slow peer with repeats of ours all along the run", () => {
  const rows = [row("colorize-canvas f32", [1, 1, 1, 2, 2, 2]), row("peer", [10, 20])];
  expect(ratiosOf(rows)[0]!.ratio).toBe(10);
});

it("leaves out peers that failed, other subjects and other places", () => {
  const others = [
    row("wrong", [1], { error: "differs" }),
    row("elsewhere", [1], { where: "chromium" }),
    row("of another", [1], { subject: "t" }),
  ];
  expect(ratiosOf([row("colorize-canvas f32", [1]), ...others])).toEqual([]);
});

it("uses processor time on request, where it is known", () => {
  const rows = [row("colorize-canvas f32", [1, 1], { cpuTimes: [2, 2] }), row("peer", [9, 9], { cpuTimes: [6, 6] })];
  expect(ratiosOf(rows, "cpu")[0]!.ratio).toBe(3);
  expect(ratiosOf([row("colorize-canvas f32", [1]), row("peer", [9])], "cpu")).toEqual([]);
});

it("adds up both networks", () => {
  const rows = [
    row("colorize-canvas f32", [1], { subject: "embedder 299x299" }),
    row("peer", [2], { subject: "embedder 299x299" }),
    row("colorize-canvas f32", [3], { subject: "colorizer 256x256" }),
    row("peer", [10], { subject: "colorizer 256x256" }),
    row("half", [5], { subject: "colorizer 256x256" }),
  ];
  const key = "node / embedder 299x299 + colorizer 256x256 / colorize-canvas f32 / peer";
  expect(combinedRatios(rows)).toEqual([{ key, adapter: ADAPTER, ratio: 3 }]);
});

const ratio = (value: number, noise = 0.01): Ratio => ({ key: "k", adapter: ADAPTER, ratio: value, noise });
const baseline: Baseline = updated({ adapters: {} }, ADAPTER, [ratio(5)]);

it("passes the same ratio and a better one, and fails one that fell by more than noise", () => {
  const passes = (value: number, noise?: number): boolean[] | undefined =>
    check(baseline, ADAPTER, [ratio(value, noise)])?.map(({ passed }) => passed);
  expect(passes(5)).toEqual([true]);
  expect(passes(9)).toEqual([true]);
  expect(passes(4.1)).toEqual([true]);
  expect(passes(3.9)).toEqual([false]);
});

it("allows for more where the measurement is noisy, but never for half", () => {
  expect(leastRatio({ ratio: 5, noise: 0.05 }, 0.05)).toBeCloseTo(5 * Math.exp(-5 * Math.hypot(0.05, 0.05)));
  expect(leastRatio({ ratio: 5, noise: 0.9 }, Infinity)).toBeCloseTo(2.5);
});

it("fails when a ratio of the baseline was not measured", () => {
  expect(check(baseline, ADAPTER, [])).toEqual([{ key: "k", now: undefined, before: 5, least: 4, passed: false }]);
});

it("says nothing of an adapter that it does not know, and knows a software driver in every version", () => {
  expect(check(baseline, "nvidia ampere", [ratio(1)])).toBeUndefined();
  expect(driverName("mesa software: llvmpipe: Mesa 25.0.7 (LLVM 19)")).toBe("llvmpipe");
  expect(check(baseline, "google swiftshader: 6", [ratio(1)])).toHaveLength(1);
});

it("has a committed baseline whose ratios can be held", () => {
  const committed = JSON.parse(readFileSync("bench/results/quick-baseline.json", "utf8")) as Baseline;
  const entries = Object.values(committed.adapters).flatMap((ratios) => Object.values(ratios));
  expect(entries).not.toEqual([]);
  for (const { ratio: before, noise } of entries) {
    expect(before).toBeGreaterThan(0);
    expect(noise).toBeLessThan(0.2);
  }
});
