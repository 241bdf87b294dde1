import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rgbToLab, type Triple } from "../../src/image/lab";
import { isNoise } from "../../src/node/driver-noise";
import { readImage } from "../../src/node/read-image";
import { joinTiff } from "../../src/node/tiff-pages";
import { tinyModel } from "../shared/tiny-model";

let folder: string;
let model: string;
let photo: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-process-"));
  model = join(folder, "model");
  await mkdir(model);
  for (const [name, bytes] of Object.entries(tinyModel())) await writeFile(join(model, name), bytes);
  photo = join(folder, "photo.png");
  await sharp({ create: { width: 33, height: 21, channels: 3, background: "#808080" } }).toFile(photo);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  /** stdout as bytes. */
  readonly picture: Buffer;
  readonly stderr: string;
}

/** Runs the command from its source, as `npm run colorize` does. `onOutput` may interrupt it. */
function command(
  args: readonly string[],
  onOutput?: (kill: (signal: NodeJS.Signals) => void) => void,
  stdin?: Buffer,
): Promise<Finished> {
  const script = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
  const child = spawn(process.execPath, [...script, ...args]);
  child.stdin.end(stdin);
  const printed = { stdout: "", stderr: "" };
  const parts: Buffer[] = [];
  child.stdout.on("data", (text: Buffer) => {
    parts.push(text);
    printed.stdout += text.toString();
    onOutput?.((signal) => child.kill(signal));
  });
  child.stderr.on("data", (text: Buffer) => (printed.stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, picture: Buffer.concat(parts), ...printed }));
  });
}

it("colours a photograph with a real engine", async () => {
  const out = join(folder, "out");
  const { code, stdout, stderr } = await command([photo, "--model", model, "--out", out, "--json"]);
  expect(code).toBe(0);
  expect(stderr.split("\n"), "nothing of the driver's").toEqual([expect.stringMatching(/^1 of 1 photograph/), ""]);
  const report = JSON.parse(stdout) as { ms: Record<string, number>; adapter: string; peakBytes: number };
  expect(Object.keys(report.ms)).toEqual(
    expect.arrayContaining(["read", "luminance", "embedding", "chroma", "recombine", "write", "total"]),
  );
  expect(report.adapter).not.toBe("");
  expect(report.peakBytes).toBeGreaterThan(33 * 21 * 4);
  const { data, width, height } = await readImage(join(out, "photo.png"));
  expect([width, height]).toEqual([33, 21]);
  const [r, g, b] = data;
  expect(Math.max(r!, g!, b!) - Math.min(r!, g!, b!), "it has a colour").toBeGreaterThan(8);
});

/** CIE lightness, 0 to 100, of RGBA pixels in sRGB. */
function lightness(data: Uint8ClampedArray): Float64Array {
  const linear = (value: number): number =>
    value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  return Float64Array.from({ length: data.length / 4 }, (_, i) => {
    const [r, g, b] = data.subarray(4 * i, 4 * i + 3);
    const y = 0.2126 * linear(r!) + 0.7152 * linear(g!) + 0.0722 * linear(b!);
    return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27;
  });
}

it("colours a photograph with the shipped model within a minute, on the software driver", async () => {
  const out = join(folder, "shipped");
  const args = ["samples/cat.jpg", "--out", out, "--format", "png", "--adapter", "swiftshader", "--json"];
  const { code, stdout, stderr } = await command(args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const report = JSON.parse(stdout) as { ms: Record<string, number>; peakBytes: number };
  expect(report.ms["total"]).toBeGreaterThan(0);
  expect(report.ms["total"]).toBeLessThan(60_000);
  expect(report.peakBytes).toBeGreaterThan(0);
  const before = await readImage("samples/cat.jpg");
  const { data, width, height } = await readImage(join(out, "cat.png"));
  expect([width, height]).toEqual([before.width, before.height]);
  const pixels = width * height;
  let spread = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = data.subarray(i, i + 3);
    spread += Math.max(r!, g!, b!) - Math.min(r!, g!, b!);
  }
  expect(spread / pixels, "it has colour").toBeGreaterThan(5);
  const [was, is] = [lightness(before.data), lightness(data)];
  const change = is.reduce((sum, value, i) => sum + Math.abs(value - was[i]!), 0) / pixels;
  expect(change, "it keeps its lightness").toBeLessThan(1);
});

it("fails with a hint for a model that is not there", async () => {
  const { code, stderr } = await command([photo, "--model", join(folder, "nowhere"), "--out", join(folder, "none")]);
  expect(code).toBe(1);
  expect(stderr).toContain("model.json");
});

it.each(["SIGINT", "SIGTERM"] as const)("leaves whole files only when interrupted by %s", async (signal) => {
  const many = join(folder, `many-${signal}`);
  const out = join(folder, `some-${signal}`);
  await mkdir(many);
  const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background: "#999" } })
    .png()
    .toBuffer();
  for (let i = 0; i < 40; i++) await writeFile(join(many, `${i}.png`), picture);
  const { code, stdout } = await command([many, "--model", model, "--out", out], (kill) => kill(signal));
  // Interrupted at the first line of output, and again at any that follows.
  expect(code).toBe(130);
  expect(stdout.split("\n").length).toBeLessThan(40);
  expect(stdout).toMatch(/^Stopped\. \d+ of 40 photographs coloured/m);
  const names = await readdir(out);
  expect(names.length).toBeLessThan(40);
  for (const name of names) await readImage(join(out, name));
});

it.runIf(process.platform === "linux")("stops when its output cannot be written", async () => {
  const out = join(folder, "full");
  const full = openSync("/dev/full", "w");
  const script = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
  const args = [photo, "samples/cat.jpg", "--model", model, "--out", out, "--json"];
  const child = spawn(process.execPath, [...script, ...args], { stdio: ["ignore", full, "pipe"] });
  const stderr = buffer(child.stderr!);
  const code = await new Promise((resolve) => child.on("close", resolve));
  closeSync(full);
  expect(code).toBe(1);
  const text = (await stderr).toString();
  expect(text).toContain("The output could not be written: ENOSPC");
  expect(text, "no stack").not.toMatch(/^ {4}at /m);
  for (const name of await readdir(out)) expect(name).toMatch(/^(photo\.png|cat\.jpg)$/);
});

it.runIf(process.platform === "linux")("stops when it is killed, too", async () => {
  const out = join(folder, "killed");
  const script = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
  const pictures = join(folder, "many-to-kill");
  await mkdir(pictures);
  for (let i = 0; i < 400; i++) await writeFile(join(pictures, `${i}.png`), await readFile(photo));
  const child = spawn(process.execPath, [...script, pictures, "--model", model, "--out", out]);
  child.stdout.once("data", () => child.kill("SIGKILL"));
  // The streams end with the last process that has them.
  await new Promise((resolve) => child.on("close", resolve));
  expect((await readdir(out)).length).toBeLessThan(400);
});

it(
  "goes on after kill -9 in the middle, with --resume: nothing half-written, nothing twice",
  { timeout: 300_000 },
  async () => {
    const out = join(folder, "resumed");
    const pictures = join(folder, "to-resume");
    await mkdir(pictures);
    const names = Array.from({ length: 12 }, (_, i) => `${i}.tif`);
    const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
    const picture = await sharp({ create: { width: 700, height: 500, channels: 3, background: "#999", noise } })
      .tiff()
      .toBuffer();
    for (const name of names) await writeFile(join(pictures, name), picture);
    const script = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
    const args = [...script, pictures, "--model", model, "--out", out, "--resume"];
    // Without the process that filters the driver's output, so that the signal ends the one that writes.
    const child = spawn(process.execPath, args, { env: { ...process.env, COLORIZE_STDERR: "2" } });
    let printed = "";
    child.stdout.on("data", (text: Buffer) => {
      printed += text.toString();
      if (printed.split("\n").length > 3) child.kill("SIGKILL");
    });
    const signal = await new Promise((resolve) => child.on("close", (_, signal) => resolve(signal)));
    expect(signal).toBe("SIGKILL");
    const before = (await readdir(out)).filter((name) => !name.startsWith("."));
    expect(before.length).toBeGreaterThanOrEqual(3);
    expect(before.length).toBeLessThan(names.length);
    for (const name of before) expect((await readImage(join(out, name))).width).toBe(700);
    const second = await command(args.slice(script.length));
    expect(second.code).toBe(0);
    const again = second.stdout.split("\n").filter((line) => line.includes(" -> ")).map((line) => /(\d+\.tif) -> /.exec(line)![1]!); // prettier-ignore
    expect([...before, ...again].sort()).toEqual([...names].sort());
    expect((await readdir(out)).sort()).toEqual([".colorize-journal.jsonl", ...names].sort());
    const third = await command(args.slice(script.length));
    expect(third.stdout).toMatch(/^No photograph is left to colour\n/);
  },
);

it("colours stdin to stdout, 16 bits and all pages, with a real engine", { timeout: 300_000 }, async () => {
  const raw = { width: 40, height: 30, channels: 1 } as const;
  const samples = Uint16Array.from({ length: 1200 }, (_, i) => 15_000 + 29 * i);
  const deep = await sharp(samples, { raw }).toColourspace("grey16").tiff({ compression: "lzw" }).toBuffer();
  const { data: flat } = await sharp({ create: { width: 9, height: 70, channels: 3, background: "#888" } }).tiff({ compression: "lzw" }).toBuffer({ resolveWithObject: true }); // prettier-ignore
  const scan = await buffer(joinTiff([{ file: deep }, { file: flat }], 2, "scan.tif"));
  const { code, picture, stderr } = await command(["-", "--model", model, "--temperature", "1"], undefined, scan);
  expect({ code, bytes: picture.length }, "the tiny model predicts no distribution").toEqual({ code: 2, bytes: 0 });
  expect(stderr).toContain("--temperature: expected a model that predicts a distribution over colours, received tiny");
  const result = await command(["-", "--model", model, "--saturation", "2"], undefined, scan);
  expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("- -> -  2 pages, 40 x 30") }); // prettier-ignore
  const [first, second] = await Promise.all([0, 1].map((page) => sharp(result.picture, { page }).metadata()));
  expect(first).toMatchObject({ pages: 2, width: 40, height: 30, depth: "ushort" });
  expect(second).toMatchObject({ width: 9, height: 70, depth: "uchar" });
  const bytes = await sharp(result.picture, { ignoreIcc: true }).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer(); // prettier-ignore
  const rgb = new Uint16Array(new Uint8Array(bytes).buffer);
  let chroma = 0;
  samples.forEach((value, i) => {
    const lab = (...values: number[]) => rgbToLab(values.map((v) => v / 65_535) as unknown as Triple);
    const [l, a, b] = lab(...rgb.subarray(3 * i, 3 * i + 3));
    expect(Math.abs(l - lab(value, value, value)[0])).toBeLessThan(0.00105);
    chroma += Math.hypot(a, b) / samples.length;
  });
  expect(chroma).toBeGreaterThan(8);
});

it("leaves out what Dawn prints on every start, and nothing else", () => {
  const warning = "maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic";
  expect(isNoise(`Warning: ${warning} offset allocation limit.`)).toBe(true);
  expect(isNoise(`Warning: ${warning.replace("Uniform", "Storage")} offset allocation limit.`)).toBe(true);
  expect(isNoise(`Error: ${warning} offset allocation limit.`)).toBe(false);
  expect(isNoise("Warning: the device was lost")).toBe(false);
});

it.runIf(process.platform !== "win32")("ends quietly when nobody reads its output any more", async () => {
  const pictures = join(folder, "read-by-head");
  await mkdir(pictures);
  for (let i = 0; i < 6; i++) await writeFile(join(pictures, `${i}.png`), await readFile(photo));
  const out = join(folder, "head");
  const colorize = `"${process.execPath}" --import ./tools/register.mjs src/node/cli-main.ts "${pictures}" --model "${model}" --out "${out}"`;
  const child = spawn("bash", ["-c", `${colorize} | head -1; echo "code \${PIPESTATUS[0]}"`]);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (text += String(data)));
  await new Promise((resolve) => child.on("close", resolve));
  expect(text.split("\n")).toEqual([expect.stringContaining("0.png -> "), "code 141", ""]);
  expect((await readdir(out)).every((name) => /^\d\.png$/.test(name))).toBe(true);
});
