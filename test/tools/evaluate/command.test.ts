import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labToRgb } from "../../../src/image/lab";
import { EXIT, main } from "../../../tools/evaluate/command";
import type { Scores } from "../../../tools/evaluate/metrics";
import { cardTable, type Evaluation } from "../../../tools/evaluate/report";
import { buildModel, node } from "../../../tools/onnx-writer";
import { tinyModel } from "../../shared/tiny-model";
import { storedZip } from "./zip";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "evaluate-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const at = (...parts: string[]): string => join(folder, ...parts);

function put(name: string, bytes: Uint8Array | string): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), bytes);
  return at(name);
}

/** A flat picture as PNG. */
function flat(width: number, height: number, background: string): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

/** A picture with a gradient of light, tinted. */
function gradient(width: number, height: number, tint: readonly [number, number, number]): Promise<Buffer> {
  const data = Buffer.alloc(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = tint[i % 3]! + Math.floor((90 * (Math.floor(i / 3) % width)) / width);
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** The same figures, but for single pixels that round the other way: convolutions may be computed in several ways. */
function expectAlike(actual: Scores, expected: Scores): void {
  for (const key of ["psnr", "ssim", "abSquared", "ciede2000", "colourfulness"] as const)
    expect(Math.abs(actual[key] / expected[key] - 1), key).toBeLessThan(2e-3);
}

async function run(...args: string[]) {
  const printed = { stdout: "", stderr: "" };
  const code = await main(args, {
    stdout: { write: (text) => (printed.stdout += text) },
    stderr: { write: (text) => (printed.stderr += text) },
    signal: new AbortController().signal,
  });
  return { code, ...printed };
}

function report(name = "report.json"): Evaluation {
  return JSON.parse(readFileSync(at(name), "utf8")) as Evaluation;
}

it("measures the Frechet distance over the features of a network", async () => {
  for (const [i, colour] of ["#c04020", "#2040c0", "#a0a0a0"].entries()) {
    put(`photos/${i}.png`, await flat(24, 20, colour));
    put(`red/${i}.png`, await flat(24, 20, "#c04020"));
    put(`same/${i}.png`, await flat(24, 20, colour));
  }
  const mean = buildModel({
    inputs: [{ name: "image", shape: [1, 3, "h", "w"] }],
    outputs: [{ name: "features", shape: [1, 3] }],
    nodes: [node("GlobalAveragePool", ["image"], ["pooled"]), node("Flatten", ["pooled"], ["features"])],
  });
  put("features.onnx", mean);
  const methods = ["--results", at("same"), "--results", at("red")];
  const { code, stdout } = await run(
    at("photos"),
    ...methods,
    "--features",
    at("features.onnx"),
    "--json",
    at("r.json"),
  );
  expect(code).toBe(EXIT.ok);
  expect(stdout).toContain("Frechet");
  const { grey, methods: measured } = report("r.json").summary["all"]!;
  expect(measured["same"]!.frechet).toBeCloseTo(0, 1);
  // All alike: the distance is that of the means, and the spread of the photographs.
  expect(measured["red"]!.frechet).toBeGreaterThan(grey.frechet!);
  const missing = await run(at("photos"), ...methods, "--features", at("none.onnx"));
  expect([missing.code, missing.stderr]).toEqual([
    EXIT.usage,
    expect.stringContaining("--features: expected an ONNX file"),
  ]);
});

describe("results of other programs", () => {
  it("are measured by set, against grey, and shown", async () => {
    put("photos/warm/1.png", await flat(24, 20, "#c04020"));
    put("photos/warm/2.png", await flat(24, 20, "#a06030"));
    put("photos/cold/1.png", await flat(20, 24, "#2040c0"));
    put("same/warm/1.png", await flat(24, 20, "#c04020"));
    put(
      "same/warm/2.webp",
      await sharp(await flat(24, 20, "#a06030"))
        .webp({ lossless: true })
        .toBuffer(),
    );
    put("same/cold/1.png", await flat(20, 24, "#2040c0"));
    put("red/warm/1.png", await flat(24, 20, "#c04020"));
    put("red/warm/2.png", await flat(24, 20, "#c04020"));
    put("red/cold/1.png", await flat(20, 24, "#c04020"));
    const files = ["--html", at("out/r.html"), "--json", at("report.json"), "--sheet", at("s.png")];
    const more = ["--card", at("card"), "--failures", at("f.jpg")];
    const { code, stdout, stderr } = await run(
      at("photos"),
      "--results",
      at("same"),
      "--results",
      `all red=${at("red")}`,
      ...files,
      ...more,
    );
    expect(stderr).toBe("3 photographs\n1 of 3\n2 of 3\n3 of 3\n");
    expect(code).toBe(EXIT.ok);

    const { summary, photographs, settings } = report();
    expect(Object.keys(summary)).toEqual(["all", "cold", "warm"]);
    expect(Object.keys(settings.methods)).toEqual(["same", "all red"]);
    const { same } = summary["all"]!.methods;
    expect(same).toMatchObject({ psnr: 108.1308, ssim: 1, abRmse: 0, abRmsePooled: 0, ciede2000: 0 });
    expect(same).toMatchObject({ colourfulnessDifference: 0, colourfulnessRatio: 1, abRmseBelowGrey: 1 });
    expect(summary["warm"]!.photographs).toBe(2);
    // Two pictures of one set: the mean of the roots and the root of the mean.
    const squares = photographs.filter(({ set }) => set === "warm").map(({ methods }) => methods["all red"]!.abSquared);
    const red = summary["warm"]!.methods["all red"]!;
    expect(squares[0]).toBe(0);
    expect(red.abRmse).toBeCloseTo(Math.sqrt(squares[1]!) / 2, 4);
    expect(red.abRmsePooled).toBeCloseTo(Math.sqrt(squares[1]! / 2), 4);
    // Grey has the photographs' L*, so it is off by their chroma.
    expect(summary["warm"]!.grey.colourfulness).toBe(0);
    expect(photographs[0]!.grey.abSquared).toBeGreaterThan(1000);

    expect(stdout).toMatch(/^set +photographs +method +PSNR dB/);
    expect(stdout).toMatch(/\nwarm +2 +all red +[\d.]+/);
    expect(stdout).not.toContain("shuffled");
    expect(stdout).toContain("Worst 2 of same, by gain:");
    const html = readFileSync(at("out/r.html"), "utf8");
    expect(html.match(/<img /g)).toHaveLength(2 + 2 + 3);
    expect(html).not.toMatch(/(src|href)="(?!data:)/);
    expect((await sharp(at("s.png")).metadata()).width).toBeGreaterThan(4 * 144);
    expect(statSync(at("f.jpg")).size).toBeLessThan(300_000);
    expect(readFileSync(at("card/metrics.md"), "utf8")).toContain("| warm 2 | 108.13 / ");
    const card = JSON.parse(readFileSync(at("card/metrics.json"), "utf8")) as {
      evaluation: Record<string, { ours: object }>;
    };
    expect(card.evaluation["all"]!.ours).toMatchObject({ abRmse: 0, psnr: 108.1308 });
    const left = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp"));
    expect(left).toEqual([]);
  });

  it("may have the size of the file or the size that is measured, and names without folders", async () => {
    put("photos/a/1.png", await gradient(64, 40, [90, 20, 60]));
    put("photos/a/2.png", await gradient(64, 40, [20, 90, 60]));
    put("results/1.png", await gradient(64, 40, [90, 20, 60]));
    const small = await sharp(await gradient(64, 40, [20, 90, 60])).resize(32, 20, { kernel: "cubic", fit: "fill" });
    put("results/2.png", await small.png().toBuffer());
    const { code } = await run(
      at("photos"),
      ...["--short-side", "20", "--results", at("results"), "--json", at("report.json")],
    );
    expect(code).toBe(EXIT.ok);
    for (const { width, height, methods } of report().photographs) {
      expect([width, height]).toEqual([32, 20]);
      expect(methods["results"]!.abSquared).toBeLessThan(0.01);
    }
  });

  it("of another size, missing or unreadable are left out, with the reason", async () => {
    const photo = await flat(24, 20, "#c04020");
    put("photos.zip", storedZip({ "1.png": photo, "2.png": photo, "3.png": Buffer.from("?"), "4.png": photo }));
    put("results/1.png", photo);
    put("results/2.png", await flat(20, 24, "#c04020"));
    const { code, stderr, stdout } = await run(at("photos.zip"), "--results", at("results"));
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain("2.png: expected a picture of 24 x 20, received 20 x 24");
    expect(stderr).toContain("3.png: expected a JPEG, PNG, WebP or TIFF picture, received another kind of file");
    expect(stderr).toContain("results: 4.png: expected a result 4 with the extension of a picture, received none");
    expect(stderr).toContain("3 of 4 photographs left out");
    expect(stdout).toMatch(/\nall +1 +results/);
  });
});

describe("models", () => {
  async function photographs(): Promise<string> {
    put("photos/1.png", await gradient(40, 24, [120, 60, 20]));
    put("photos/2.png", await gradient(24, 24, [10, 60, 120]));
    put("photos/3.png", await gradient(30, 40, [0, 120, 30]));
    for (const [name, bytes] of Object.entries(tinyModel())) put(join("tiny", name), bytes);
    return at("photos");
  }

  it("give the same through a Colorizer as with their embedding in reach, and worse or better with another's", async () => {
    const photos = await photographs();
    const model = ["--model", at("tiny"), "--precision", "f32"];
    expect(await run(photos, ...model, "--json", at("plain.json"))).toMatchObject({ code: EXIT.ok });
    const { code, stdout } = await run(photos, ...model, "--json", at("report.json"), "--shuffle-embeddings");
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain("shuffled");
    const [plain, shuffled] = [report("plain.json"), report()];
    expect(shuffled.photographs.map(({ name }) => name)).toEqual(["1.png", "2.png", "3.png"]);
    shuffled.photographs.forEach(({ methods }, i) =>
      expectAlike(methods["tiny"]!, plain.photographs[i]!.methods["tiny"]!),
    );
    for (const { shuffled: other, methods } of shuffled.photographs) {
      expect(other!["tiny"]).toBeGreaterThan(0);
      // The tiny embedding is the mean luminance, which these photographs do not share.
      expect(Math.abs(other!["tiny"]! / methods["tiny"]!.abSquared - 1)).toBeGreaterThan(4e-3);
    }
    const all = shuffled.summary["all"]!;
    expect(all.methods["tiny"]!.shuffled!.abRmse).toBeGreaterThan(0);
    const { shuffled: _, ...without } = all.methods["tiny"]!; // as of a model without an embedding beside it
    const both = { ...shuffled, summary: { all: { ...all, methods: { ...all.methods, without } } } };
    expect(cardTable(both, "without")).toMatch(/embeddings \|\n.*\n\| all 3 .* - \|\n$/);
  });

  it("come nearer to the photographs with hints of their colours, and the nearer the more there are", async () => {
    const photos = await photographs();
    const errors = async (hints: number): Promise<number[]> => {
      const { code } = await run(photos, "--model", at("tiny"), "--hints", `${hints}`, "--json", at("report.json"));
      expect(code).toBe(EXIT.ok);
      const { methods } = report().summary["all"]!;
      return ["tiny", `tiny, ${hints} hint${hints === 1 ? "" : "s"}`].map((name) => methods[name]!.abRmse);
    };
    const [none, one] = await errors(1);
    const [, four] = await errors(4);
    expect(one! / none!).toBeLessThan(0.9);
    expect(four! / one!).toBeLessThan(0.9);
  });

  it("are named as one ONNX file, too, with the model.json beside it", async () => {
    const photos = await photographs();
    put("tiny/other.onnx", tinyModel({ bias: [-0.4, 0.1] })["colorizer.onnx"]!);
    const { code } = await run(
      photos,
      ...["--model", `a=${at("tiny/colorizer.onnx")}`, "--model", `b=${at("tiny/other.onnx")}`],
      ...["--model", at("tiny"), "--json", at("report.json"), "--limit", "1"],
    );
    expect(code).toBe(EXIT.ok);
    const [{ methods }] = report().photographs as [Evaluation["photographs"][number]];
    expectAlike(methods["a"]!, methods["tiny"]!);
    expect(Math.abs(methods["b"]!.abSquared / methods["tiny"]!.abSquared - 1)).toBeGreaterThan(0.1);
  });

  it("that take L alone are run with the scaling of the command", async () => {
    // ab = (next to 0, L* / 100, the size halved) in units of 50: from L* = 53.6, b* = 26.8.
    const network = buildModel({
      inputs: [{ name: "L", shape: [1, 1, "h", "w"] }],
      outputs: [{ name: "ab", shape: [1, 2, "h2", "w2"] }],
      nodes: [node("Conv", ["L", "weights"], ["ab"], { kernel_shape: [2, 2], strides: [2, 2] })],
      initializers: [{ name: "weights", shape: [2, 1, 2, 2], data: [1e-3, 1e-3, 1e-3, 1e-3, 0.25, 0.25, 0.25, 0.25] }],
    });
    put("half.onnx", network);
    const rgb = labToRgb([53.585, 0, 26.79]).map((c) => Math.round(255 * c));
    put("photos/1.png", await flat(32, 32, `rgb(${rgb.join(",")})`));
    const scaling = ["--luminance-scale", "0.01", "--luminance-offset", "0", "--chroma-scale", "50", "--size", "32"];
    const args = [at("photos"), "--model", at("half.onnx"), ...scaling, "--precision", "f32"];
    expect(await run(...args, "--json", at("report.json"))).toMatchObject({ code: EXIT.ok });
    const { half } = report().photographs[0]!.methods;
    expect(Math.sqrt(half!.abSquared)).toBeLessThan(0.6); // the steps of 8-bit colour
    expect(half!.psnr).toBeGreaterThan(45);
  });

  it("that cannot be used are refused with the reason", async () => {
    const photos = await photographs();
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await run(photos, ...args);
      expect(code).not.toBe(EXIT.ok);
      return stderr;
    };
    expect(await refused("--model", at("none"))).toContain("expected a file, received ENOENT");
    expect(await refused("--model", at("none.onnx"))).toContain("--model: expected an ONNX file");
    put("alone/colorizer.onnx", tinyModel()["colorizer.onnx"]!);
    expect(await refused("--model", at("alone/colorizer.onnx"))).toContain("received inputs luminance, embedding");
    expect(await refused("--model", at("tiny/embedder.onnx"), "--size", "9")).toMatch(/expected/);
    expect(await refused("--model", at("tiny"), "--model", at("tiny"))).toContain('received "tiny" again');
    expect(await refused("--results", photos, "--shuffle-embeddings")).toContain("expected a model with an embedding");
  });
});

describe("the command", () => {
  it("says what is wrong with its arguments before any work", async () => {
    put("photos/1.png", await flat(24, 20, "#c04020"));
    const refused = async (...args: string[]): Promise<string> => {
      const { code, stderr } = await run(...args);
      expect(code).toBe(EXIT.usage);
      return stderr;
    };
    mkdirSync(at("empty"));
    expect(await refused(at("empty"))).toContain("expected JPEG, PNG, WebP or TIFF pictures, received none");
    expect(await refused(at("missing"))).toContain("ENOENT");
    expect(await refused()).toContain("missing required argument");
    expect(await refused(at("photos"), at("photos"))).toContain("too many arguments");
    expect(await refused(at("photos"), "--limit", "0")).toContain("whole number of at least 1");
    expect(await refused(at("photos"), "--html", folder)).toContain("--html: expected a file to write");
    expect(await refused(at("photos"), "--json", at("photos/1.png/x/r.json"))).toContain("--json: expected a path");
    put("twice/1.png", "");
    put("twice/1.jpg", "");
    expect(await refused(at("photos"), "--results", at("twice"))).toContain("1.jpg and 1.png");
  });

  it("fails when no photograph can be measured, and writes nothing", async () => {
    put("photos/1.png", "?");
    put("results/1.png", await flat(24, 20, "#c04020"));
    const { code, stderr } = await run(at("photos"), "--results", at("results"), "--json", at("report.json"));
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain("1 of 1 photographs left out");
    expect(readdirSync(folder).sort()).toEqual(["photos", "results"]);
  });

  it("stops when interrupted, and writes nothing", async () => {
    put("photos/1.png", await flat(24, 20, "#c04020"));
    let stderr = "";
    const code = await main([at("photos"), "--results", at("photos"), "--json", at("report.json")], {
      stdout: { write: () => undefined },
      stderr: { write: (text) => (stderr += text) },
      signal: AbortSignal.abort(),
    });
    expect(code).toBe(EXIT.interrupted);
    expect(stderr).toContain("Stopped; no report was written.");
    expect(readdirSync(folder)).toEqual(["photos"]);
  });
});
