import { describe, expect, it } from "vitest";
import type { Conv2dParams } from "../../src/kernels/conv/params";
import { DEFAULT_CHOICE } from "../../src/kernels/conv/algorithms";
import { shapeKey } from "../../src/graph/lower/conv-choice";
import { disagreement } from "../../src/tuning/disagreement";
import { search, type SearchEnd, type SearchOptions, type TrialBench } from "../../src/tuning/search";
import { convCase } from "../shared/conv-cases";

/** The behaviour of a candidate on a fake bench: milliseconds of successive runs, and its output. */
interface FakeCandidate {
  readonly times?: readonly number[];
  readonly output?: readonly number[];
  readonly throws?: string;
}

const RIGHT = [1, -2, 3];
const params = (pixels: number, channels = 8): Conv2dParams =>
  convCase("any", [1, pixels, channels], [1, 1], channels).params;
const shape = (of: Conv2dParams, count = 1): { key: string; params: Conv2dParams; count: number } => ({
  key: shapeKey(of),
  params: of,
  count,
});

/** A bench whose clock advances only by the runs on it. */
class FakeBench implements TrialBench {
  clock = 0;
  live = 0;
  dead = false;
  readonly opened: string[] = [];
  readonly #candidates: Readonly<Record<string, FakeCandidate>>;
  readonly #onOpen: (choice: string) => void;

  constructor(candidates: Readonly<Record<string, FakeCandidate>>, onOpen: (choice: string) => void = () => {}) {
    this.#candidates = candidates;
    this.#onOpen = onOpen;
  }

  async open({ outWidth }: Conv2dParams, choice: string): ReturnType<TrialBench["open"]> {
    this.opened.push(`${outWidth} ${choice}`);
    this.#onOpen(choice);
    const { times = [10], output = RIGHT, throws } = this.#candidates[choice]!;
    if (throws !== undefined) throw new Error(throws);
    this.live++;
    let turn = 0;
    const run = (): number => {
      const milliseconds = times[turn++ % times.length]!;
      this.clock += milliseconds;
      return milliseconds;
    };
    return {
      output: async () => (run(), (turn = 0), Float32Array.from(output)),
      time: async () => run(),
      close: () => void this.live--,
    };
  }

  async lost(): Promise<boolean> {
    return this.dead;
  }
}

function searching(
  bench: FakeBench,
  candidates: readonly string[],
  more: Partial<SearchOptions> = {},
): Promise<SearchEnd> {
  const base = { shapes: [shape(params(64))], choices: () => [DEFAULT_CHOICE, ...candidates], measured: {} };
  const time = { milliseconds: Infinity, now: () => bench.clock, turn: async () => {} };
  return search({ ...base, ...time, bench, ...more });
}

describe("search", () => {
  it("gives the share of the default's time that three of four pairs do not exceed", async () => {
    const bench = new FakeBench({
      [DEFAULT_CHOICE]: { times: [10] },
      a: { times: [5, 5, 6, 5, 30] },
      b: { times: [12] },
    });
    const { measured, rows, stopped } = await searching(bench, ["a", "b"]);
    expect(Object.values(measured)).toEqual([{ a: 0.6, b: 1.2 }]);
    expect(rows[0]!.results.map(({ milliseconds }) => milliseconds)).toEqual([5, 12]);
    expect(stopped).toBeUndefined();
    expect(bench.live).toBe(0);
  });

  it("refuses wrong numbers and what does not run, and says why", async () => {
    const bench = new FakeBench({
      [DEFAULT_CHOICE]: {},
      wrong: { times: [1], output: [1, -2, 3.01] },
      nan: { times: [1], output: [1, NaN, 3] },
      short: { times: [1], output: [1, -2] },
      broken: { throws: "does not compile" },
      good: { times: [9], output: [1, -2, 3.0001] },
    });
    const { measured, rows } = await searching(bench, ["wrong", "nan", "short", "broken", "good"]);
    expect(Object.values(measured)).toEqual([{ wrong: null, nan: null, short: null, broken: null, good: 0.9 }]);
    expect(rows[0]!.results.map(({ problem }) => problem ?? "")).toEqual([
      expect.stringContaining("off by"),
      expect.stringContaining("off by"),
      expect.stringContaining("off by"),
      "does not compile",
      "",
    ]);
    expect(bench.live).toBe(0);
  });

  it("goes through the heaviest shapes first and stops between candidates when the time is over", async () => {
    const candidates = { [DEFAULT_CHOICE]: { times: [1] }, a: { times: [1] }, b: { times: [1] } };
    const shapes = [shape(params(64)), shape(params(4096)), shape(params(1024), 8)];
    const first = new FakeBench(candidates);
    const end = await searching(first, ["a", "b"], { shapes, milliseconds: 18 });
    expect(end.stopped).toBe("time");
    // 4096 pixels would take too long for the rest; 64 might not, but do.
    expect(first.opened).toEqual([`1024 ${DEFAULT_CHOICE}`, "1024 a", `64 ${DEFAULT_CHOICE}`]);
    // The next session continues where this one stopped.
    const second = new FakeBench(candidates);
    const rest = await searching(second, ["a", "b"], { shapes, measured: end.measured });
    expect(second.opened).toEqual([
      ...[`1024 ${DEFAULT_CHOICE}`, "1024 b"],
      ...[`4096 ${DEFAULT_CHOICE}`, "4096 a", "4096 b"],
      ...[`64 ${DEFAULT_CHOICE}`, "64 a", "64 b"],
    ]);
    expect(rest.stopped).toBeUndefined();
    const third = new FakeBench(candidates);
    expect((await searching(third, ["a", "b"], { shapes, measured: rest.measured })).rows).toEqual([]);
    expect(third.opened).toEqual([]);
  });

  it("leaves out what cannot be measured in the time, not what is lighter", async () => {
    const bench = new FakeBench({ [DEFAULT_CHOICE]: { times: [1] }, a: { times: [1] } });
    const slow: TrialBench = {
      lost: async () => false,
      open: async (of, choice) => {
        const trial = await bench.open(of, choice);
        const time = async (runs: number): Promise<number> => (of.outWidth > 100 ? 40 : trial.time(runs));
        return { ...trial, time };
      },
    };
    const shapes = [shape(params(4096)), shape(params(64))];
    const { rows, stopped } = await searching(bench, ["a"], { shapes, milliseconds: 100, bench: slow });
    expect(rows.map((row) => row.params.outWidth)).toEqual([64]);
    expect(stopped).toBe("time");
    expect(bench.live).toBe(0);
  });

  it("does not time again what is hopeless, nor a shape near to one that is known", async () => {
    const bench = new FakeBench({ [DEFAULT_CHOICE]: { times: [10] }, a: { times: [100] } });
    const { measured } = await searching(bench, ["a"], { shapes: [shape(params(64)), shape(params(100))] });
    expect(Object.entries(measured)).toEqual([[shapeKey(params(100)), { a: 10 }]]);
    expect(bench.clock).toBe(10 + 10 + 100 + 10 + 100);
  });

  it("keeps what it has when aborted, closes everything, and does not count work that goes first", async () => {
    const controller = new AbortController();
    const candidates = { [DEFAULT_CHOICE]: {}, a: { times: [5] }, b: {}, c: {} };
    const bench = new FakeBench(candidates, (choice) => choice === "b" && controller.abort());
    const turn = async (): Promise<void> => void (bench.clock += 1000);
    const { measured, stopped, milliseconds } = await searching(bench, ["a", "b", "c"], {
      signal: controller.signal,
      milliseconds: 1000,
      turn,
    });
    expect(stopped).toBe("aborted");
    expect(Object.values(measured)).toEqual([{ a: 0.5, b: 1 }]);
    expect(milliseconds).toBeLessThan(1000);
    expect(bench.live).toBe(0);
  });

  it("refuses from then on what brings the device down", async () => {
    const bench: FakeBench = new FakeBench({ [DEFAULT_CHOICE]: {}, a: { throws: "lost" }, b: {} }, (choice) => {
      bench.dead = choice === "a";
    });
    const { measured, stopped } = await searching(bench, ["a", "b"]);
    expect(stopped).toBe("lost");
    expect(Object.values(measured)).toEqual([{ a: null }]);
    expect(bench.live).toBe(0);
  });

  it("says nothing of candidates where the default itself does not run", async () => {
    const bench = new FakeBench({ [DEFAULT_CHOICE]: { throws: "no memory" }, a: {} });
    expect((await searching(bench, ["a"])).measured).toEqual({});
  });
});

describe("disagreement", () => {
  it("is relative to the largest magnitude", () => {
    expect(disagreement(Float32Array.of(1, 2), Float32Array.of(1.5, -2))).toBe(2);
    expect(disagreement(Float32Array.of(0, 0), Float32Array.of(0, 0))).toBe(0);
    expect(disagreement(Float32Array.of(NaN, 0), Float32Array.of(1, 0))).toBe(Infinity);
  });
});
