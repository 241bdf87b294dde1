import { describe, expect, it, vi } from "vitest";
import { JobProgress, progressText, type ColorizeProgress } from "../../src/element/progress";
import { errorText, textOf } from "../../src/element/texts";

/** Runs the stages of one photograph, each for `milliseconds[stage]`, and returns what was reported. */
function job(model: string, milliseconds: Readonly<Record<string, number>>, cached = false): ColorizeProgress[] {
  vi.useFakeTimers();
  try {
    const reports: ColorizeProgress[] = [];
    const progress = new JobProgress(model, (one) => reports.push(one));
    const wait = (stage: string): void => void vi.advanceTimersByTime(milliseconds[stage] ?? 0);
    if ("download" in milliseconds) {
      const files = { stage: "download", total: 100, fromCache: cached } as const;
      progress.load({ ...files, loaded: 0, total: 0 });
      progress.load({ ...files, loaded: 0 });
      wait("download");
      progress.load({ ...files, loaded: 100 });
      progress.load({ stage: "compile", loaded: 0, total: 2, fromCache: cached });
      wait("compile");
    }
    for (const stage of ["prepare", "luminance", "embedding", "chroma", "recombine"] as const) {
      progress.colorize(stage);
      wait(stage);
    }
    progress.end();
    return reports;
  } finally {
    vi.useRealTimers();
  }
}

const TIMES = { download: 700, compile: 100, prepare: 0, luminance: 0, embedding: 100, chroma: 50, recombine: 50 };

describe("progress", () => {
  it("never falls, ends at 1, and has the bytes", () => {
    const reports = job("a", TIMES);
    const fractions = reports.map(({ fraction }) => fraction);
    expect(fractions[0]).toBe(0);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(reports.at(-1)).toEqual({ stage: "recombine", fraction: 1, loaded: 100, total: 100, fromCache: false });
  });

  it("weighs stages by the times that were measured before", () => {
    job("b", TIMES);
    const at = (stage: string, reports: ColorizeProgress[]): number => reports.find((r) => r.stage === stage)!.fraction;
    const again = job("b", TIMES);
    expect(at("compile", again)).toBeCloseTo(0.7);
    expect(at("embedding", again)).toBeCloseTo(0.8);
    expect(at("recombine", again)).toBeCloseTo(0.95);
  });

  it("gives all of the bar to colouring where the model is there, and little to a model from this device", () => {
    const { prepare, luminance, embedding, chroma, recombine } = TIMES;
    job("c", TIMES);
    const there = job("c", { prepare, luminance, embedding, chroma, recombine });
    expect(there[0]).toEqual({ stage: "prepare", fraction: 0, loaded: 0, total: 0, fromCache: false });
    expect(there.find(({ stage }) => stage === "chroma")!.fraction).toBeCloseTo(0.5);
    job("c", { ...TIMES, download: 100 }, true);
    const cached = job("c", { ...TIMES, download: 100 }, true);
    expect(cached.find(({ stage }) => stage === "compile")!.fraction).toBeCloseTo(0.25);
  });

  it("has a text for each stage", () => {
    const base = { fraction: 0, loaded: 5e6, total: 61e6, fromCache: false };
    expect(progressText({}, { ...base, stage: "download" })).toBe("Downloading the model: 5 of 61 MB");
    expect(progressText({}, { ...base, stage: "download", fromCache: true })).toBe(
      "Reading the model from this device",
    );
    expect(progressText({}, { ...base, stage: "download", total: 0 })).toBe("Loading");
    expect(progressText({}, { ...base, stage: "compile" })).toBe("Preparing the networks");
    expect(progressText({ colorize: "Farbe" }, { ...base, stage: "chroma" })).toBe("Farbe");
  });
});

it("texts fill their placeholders, and leave unknown ones", () => {
  expect(textOf({ comparePosition: "{value} of {all}" }, "comparePosition", { value: 5 })).toBe("5 of {all}");
  expect(errorText({ "error-image": "No: {message}" }, { code: "image", message: "$& {message}" })).toBe(
    "No: $& {message}",
  );
  expect(errorText({}, { code: "image", message: "why" })).toBe("why");
});
