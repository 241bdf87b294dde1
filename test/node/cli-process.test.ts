import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isNoise } from "../../src/node/driver-noise";
import { readImage } from "../../src/node/read-image";
import { tinyModel } from "../tiny-model";

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
  readonly stderr: string;
}

/** Runs the command from its source, as `npm run colorize` does. `onOutput` may interrupt it. */
function command(args: readonly string[], onOutput?: (kill: () => void) => void): Promise<Finished> {
  const script = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
  const child = spawn(process.execPath, [...script, ...args]);
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => {
    printed.stdout += text.toString();
    onOutput?.(() => child.kill("SIGINT"));
  });
  child.stderr.on("data", (text: Buffer) => (printed.stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...printed }));
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

it("leaves whole files only when interrupted", async () => {
  const many = join(folder, "many");
  const out = join(folder, "some");
  await mkdir(many);
  const picture = await sharp({ create: { width: 400, height: 300, channels: 3, background: "#999" } })
    .png()
    .toBuffer();
  for (let i = 0; i < 40; i++) await writeFile(join(many, `${i}.png`), picture);
  const { code, stdout } = await command([many, "--model", model, "--out", out], (kill) => kill());
  // Interrupted at the first line of output, and again at any that follows.
  expect(code).toBe(130);
  expect(stdout.split("\n").length).toBeLessThan(40);
  const names = await readdir(out);
  expect(names.length).toBeLessThan(40);
  for (const name of names) await readImage(join(out, name));
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
