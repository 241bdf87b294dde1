/** The pure parts of the bench that travels: what is done when, which driver, and what is said of the results. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { growth } from "../../bench/endurance-bench";
import { facts } from "../../bench/facts";
import { driverChoices, findAdapter, foldersOfLibraries, noAdapterText, type Files } from "../../bench/pack/drivers";
import { report } from "../../bench/pack/report";
import { parseResult } from "../../bench/parse-result";
import { ResultFile } from "../../bench/result-file";
import type { MemorySample, PeerRow, Row } from "../../bench/rows";
import type { AdapterFacts } from "../../bench/steps/adapter";
import { findings } from "../../bench/steps/findings";
import { seededManifest } from "../../bench/steps/seeded-model";
import { parseManifest } from "../../src/weights/model/manifest";
import { planSteps as plan, timesOf, type Step } from "../../bench/steps/plan";

function planSteps(seconds: number, cores: number, only?: readonly string[]): Step[] {
  return plan({ where: "node", seconds, cores, features: ["shader-f16"], only });
}

it("the folder with seeded weights is a model", () => {
  const file = (path: string) => ({ path, bytes: 1, sha256: "0".repeat(64) });
  const files = { embedder: file("embedder.onnx"), colorizer: file("colorizer.onnx") };
  expect(parseManifest(seededManifest(files), "model.json").colorizer.output.name).toBe("ab");
});

it("tests that travel import nothing that needs Node", () => {
  const list = readFileSync("bench/steps/run-tests.ts", "utf8");
  const left = [...list.matchAll(/"!\.\.\/\.\.\/(test\/.*)"/g)].map(([, path]) => path!);
  expect(left.length).toBeGreaterThan(0);
  const needsNode = ["test/kernels", "test/image"]
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => `${folder}/${path}`))
    .filter((path) => path.endsWith(".test.ts") && /from "(sharp|node:[^"]*)"/.test(readFileSync(path, "utf8")));
  expect(needsNode.toSorted()).toEqual(left.toSorted());
});

describe("what is done in the time there is", () => {
  const names = (seconds: number): string[] => planSteps(seconds, 16).map(({ name }) => name);

  it("correctness comes first, and more time adds steps at the end", () => {
    expect(names(90).slice(0, 2)).toEqual([
      "kernels against their references",
      "networks against onnxruntime on the processor",
    ]);
    expect(names(240).slice(0, names(90).length)).toEqual(names(90));
    expect(names(600).slice(0, names(240).length)).toEqual(names(240));
    expect(names(600).length).toBeGreaterThan(names(240).length);
  });

  it("without shader-f16 nothing runs in f16", () => {
    const jobs = (features: readonly string[]): string =>
      JSON.stringify(plan({ where: "browser", seconds: 600, cores: 4, features }).map((step) => step.jobs));
    expect(jobs(["shader-f16"])).toContain('"f16"');
    expect(jobs([])).not.toContain('"f16"');
  });

  it("no step may take all of the time", () => {
    for (const seconds of [30, 90, 240, 600])
      for (const { name, most } of planSteps(seconds, 4)) expect(most, name).toBeLessThanOrEqual(0.4 * seconds);
  });

  it("chosen steps share all of the time", () => {
    const chosen = planSteps(100, 4, ["peers", "tuner"]);
    expect(chosen.map(({ name }) => name)).toEqual(["peers", "what the tuner wins"]);
    expect(chosen.reduce((sum, { most }) => sum + most, 0)).toBeCloseTo(100);
    expect(planSteps(100, 4, ["tuner"])[0]!.limits.tune).toBeCloseTo(2.5 * planSteps(100, 4).at(-2)!.limits.tune);
    expect(() => planSteps(100, 4, ["peers", "tunr"])).toThrow(
      /expected parts of .*what the tuner wins.* received tunr/,
    );
  });

  it("tests are dealt out to as many processes as half of the cores, at most eight", () => {
    const shards = (cores: number) => planSteps(90, cores)[0]!.jobs.map((job) => ("shard" in job ? job.shard : NaN));
    expect(shards(1)).toEqual([0]);
    expect(shards(8)).toEqual([0, 1, 2, 3]);
    expect(shards(64)).toHaveLength(8);
  });

  it("shares what is left of a step among its jobs, and keeps some for ending in order", () => {
    expect(timesOf(0, 30_000, 2)).toEqual({ deadline: 15_000, until: 13_500 });
    expect(timesOf(10_000, 30_000, 1)).toEqual({ deadline: 30_000, until: 28_000 });
    expect(timesOf(0, 1e6, 1)).toEqual({ deadline: 1e6, until: 990_000 });
    expect(timesOf(0, 4000, 1)).toEqual({ deadline: 4000, until: 3000 });
  });
});

describe("which driver", () => {
  const machine = (folders: Readonly<Record<string, readonly string[]>>): Files => ({
    list: (folder) => folders[folder] ?? [],
  });
  const files = machine({
    "/usr/share/vulkan/icd.d": ["lvp_icd.json", "intel_icd.json", "intel_icd.i686.json", "readme.txt"],
    "/etc/vulkan/icd.d": ["nvidia_icd.json"],
    "/usr/lib64": ["libEGL_nvidia.so.0", "libc.so.6"],
    "/usr/local/nvidia/lib64": ["libGLX_nvidia.so.0"],
  });

  it("takes what the user chose, and nothing else", () => {
    expect(driverChoices({ VK_DRIVER_FILES: "/a.json" }, "/unpacked", files)).toEqual([
      { name: "VK_DRIVER_FILES=/a.json" },
    ]);
    expect(driverChoices({ VK_ICD_FILENAMES: "/b.json" }, "/unpacked", files)).toHaveLength(1);
  });

  it("tries GPUs first, then NVIDIA's libraries, then software", () => {
    expect(driverChoices({}, "/unpacked", files).map(({ file }) => file)).toEqual([
      "/etc/vulkan/icd.d/nvidia_icd.json",
      "/usr/share/vulkan/icd.d/intel_icd.json",
      "/unpacked/libGLX_nvidia.so.0.json",
      "/unpacked/libEGL_nvidia.so.0.json",
      "/usr/share/vulkan/icd.d/lvp_icd.json",
      undefined,
    ]);
    expect(foldersOfLibraries(files)).toEqual(["/usr/local/nvidia/lib64"]);
  });

  it("writes a description that names the library", () => {
    const [, , own] = driverChoices({}, "/unpacked", files);
    expect(JSON.parse(own!.content!)).toMatchObject({ ICD: { library_path: "libGLX_nvidia.so.0" } });
  });

  it("leaves it to the loader where it knows of none", () => {
    const choices = driverChoices({}, "/unpacked", machine({}));
    expect(choices.map(({ file }) => file)).toEqual([undefined]);
  });

  const probe = (name: string, software: boolean): AdapterFacts => ({
    info: { description: name },
    features: [],
    limits: {},
    software,
  });
  const asker =
    (answers: Readonly<Record<string, AdapterFacts>>) =>
    ({ name }: { readonly name: string }): Promise<AdapterFacts> =>
      answers[name] ? Promise.resolve(answers[name]) : Promise.reject(new Error(`${name} crashed`));
  const choices = ["a", "b", "c"].map((name) => ({ name }));

  it("stops at the first GPU, and takes software only without one", async () => {
    const [gpu, cpu] = [probe("gpu", false), probe("cpu", true)];
    expect(await findAdapter(choices, asker({ a: cpu, c: gpu }))).toEqual({ probe: gpu, choice: { name: "c" } });
    expect(await findAdapter(choices, asker({ b: cpu }))).toEqual({ probe: cpu, choice: { name: "b" } });
  });

  it("without an adapter, says what was tried and what to set", async () => {
    const found = await findAdapter(choices, asker({}));
    if (!("tried" in found)) throw new Error("expected no adapter, found one");
    expect(found.tried.map(({ name }) => name)).toEqual(["a", "b", "c"]);
    const text = noAdapterText(found.tried);
    expect(text).toContain("b: b crashed");
    expect(text).toMatch(/Set VK_DRIVER_FILES/);
  });
});

const place = { where: "node", adapter: "nvidia hopper: card" } as const;
const spread = (median: number): NonNullable<PeerRow["wall"]> => ({ median, low: median, high: median, repeats: 3 });
const peer = (subject: string, contender: string, median: number, more: Partial<PeerRow> = {}): Row => ({
  ...{ ...place, step: "peers", kind: "peer", subject, contender, ours: contender.startsWith("colorize") },
  ...{ elem: contender.includes("f16") ? "f16" : "f32", wall: spread(median), times: [median, median, median] },
  ...more,
});
const against = { reference: "onnxruntime-node cpu", allowed: 1e-3 };
const ROWS: readonly Row[] = [
  { ...place, kind: "device", info: { driver: "icd.json" }, features: ["shader-f16"], limits: { maxBufferSize: 1 } },
  { ...place, kind: "test", file: "kernels/a.test.ts", name: "one", state: "passed" },
  { ...place, kind: "test", file: "kernels/a.test.ts", name: "two", state: "failed", error: "off by 1\nat x" },
  { ...place, kind: "roof", gflops: 50_000, gbytes: 3000, cachedGbytes: 5000, dispatch: 2, roundTrip: 0.05 },
  { ...place, kind: "kernel", name: "conv", elem: "f32", flops: 4e9, bytes: 1e6, gpu: spread(0.2), step: "layers" },
  {
    ...place,
    kind: "kernel",
    name: "picture/a",
    elem: "f32",
    flops: 2e9,
    bytes: 9e7,
    gpu: spread(0.06),
    step: "pictures",
  },
  peer("embedder 299x299", "colorize-canvas f32", 4, { ...against, difference: 1e-5 }),
  peer("colorizer 256x256", "colorize-canvas f32", 2, { ...against, difference: 2e-3 }),
  peer("embedder 299x299", "tfjs webgpu", 20),
  peer("colorizer 256x256", "tfjs webgpu", 10),
  {
    ...{ ...place, kind: "profile", subject: "colorizer 256x256", elem: "f32", clock: "timestamps", pipelines: 7 },
    steps: [
      { kernel: "conv2d", milliseconds: 0.03, gflops: 0.6, gbytes: 0.01 },
      { kernel: "conv2d", milliseconds: 0.01, gflops: 0.4, gbytes: 0.01 },
      { kernel: "pool2d", milliseconds: 0.01, gflops: 0, gbytes: 0.02 },
    ],
  },
  {
    ...{ ...place, kind: "model", elem: "f16", size: 256, picture: [1152, 864], cold: 900, total: spread(12) },
    stages: { embedder: spread(2), colorizer: spread(3), luminance: spread(1), recombine: spread(4) },
  },
];

describe("what is said of the results", () => {
  it("the figures that decide come first", () => {
    expect(Object.fromEntries(findings(ROWS))).toMatchObject({
      "tests against references": "1 passed, 1 failed, 0 skipped",
      "largest difference of networks, f32":
        "2.0e-3 of the range (TOO LARGE, allowed 0.001): colorizer 256x256, from onnxruntime-node cpu",
      roofs: "50.00 TFLOP/s f32; 3000 GB/s, 5000 GB/s of 8 MiB",
      "conv f32": "40 % of the f32 roof, 20.00 TFLOP/s, 0.200 ms",
      "picture/a": "50 % of the memory roof, 1500 GB/s, 0.060 ms",
      "1.0 megapixels, working size 256, f16": "12.0 ms warm, of which networks 5.000 ms, cold 900 ms",
      "colorizer 256x256 f32": "3 dispatches, 7 pipelines, 0.050 ms of the GPU",
      "embedder 299x299 + colorizer 256x256, ms": "colorize-canvas f32 6.000, tfjs webgpu 30.0",
      "both networks, tfjs webgpu": "5.00 times as long as colorize-canvas f32",
    });
  });

  it("the text names what failed, and the file reads back", () => {
    const folder = mkdtempSync(join(tmpdir(), "pack-"));
    try {
      const file = new ResultFile(folder, "pack", { facts: facts(), options: { seconds: 90 } });
      file.add(ROWS);
      file.step({ name: "peers", seconds: 12.3, error: "embedder: ended: its time was over" });
      const read = parseResult(readFileSync(file.path, "utf8"), file.path);
      expect(read).toEqual(JSON.parse(JSON.stringify(file.result)));
      const text = report(read);
      expect(text).toMatch(/conv2d +2 +0\.040 +80\.0 % +25000\.0 +500\.0/);
      for (const part of ["kernels/a.test.ts: two: off by 1\n", "its time was over", "shader-f16", "maxBufferSize 1"])
        expect(text).toContain(part);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("of a run that found nothing it is a table, too", () => {
    const empty = { facts: facts(), options: {}, adapters: {}, rows: [], failures: [] };
    expect(report(empty)).toContain("adapter");
    expect(findings([])).toEqual([]);
  });
});

describe("memory", () => {
  const sample = (pictures: number, live: number, process: number, gpu?: number): MemorySample => ({
    pictures,
    live,
    process,
    ...(gpu !== undefined && { gpu }),
  });

  it("is flat where nothing is kept", () => {
    expect(growth([sample(50, 9, 300, 900), sample(500, 9, 350, 900)])).toBeUndefined();
    expect(growth([sample(50, 9, 300)])).toBeUndefined();
    expect(growth([])).toBeUndefined();
  });

  it("grows with buffers, the process, or the GPU's", () => {
    expect(growth([sample(50, 9, 300), sample(500, 10, 300)])).toMatch(/picture 50 to 500 1 more buffers/);
    expect(growth([sample(50, 9, 300), sample(500, 9, 700)])).toMatch(/process grew by 400 MiB/);
    expect(growth([sample(50, 9, 300, 900), sample(500, 9, 300, 2000)])).toMatch(/gpu grew by 1100 MiB/);
  });
});
