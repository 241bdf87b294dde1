import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CELL, stripWidth } from "../../tools/evaluate/pictures";
import { tinyModel } from "../shared/tiny-model";

const SCRIPT = ["--import", "./tools/register.mjs", "tools/sheet.ts"];

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sheet-"));
  for (const name of ["photos/colour", "truth", "model"]) mkdirSync(at(name), { recursive: true });
  for (const [name, bytes] of Object.entries(tinyModel())) writeFileSync(at("model", name), bytes);
  const flat = (background: string) => sharp({ create: { width: 60, height: 40, channels: 3, background } }).png();
  await flat("#806040").toFile(at("photos/old.png"));
  await flat("#808080").toFile(at("photos/new.png"));
  await flat("#20a0c0").toFile(at("photos/colour/deeper.png"));
  await flat("#2040c0").toFile(at("truth/new.png"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it("draws grey, the model's colours, and the truth where there is one", async () => {
  const out = at("out/sheet.jpg");
  const models = ["--model", at("model"), "--model", at("model")];
  const args = [...SCRIPT, at("photos"), "--truth", at("truth"), ...models, "--out", out];
  expect(execFileSync(process.execPath, args, { encoding: "utf8", stdio: "pipe" })).toContain("sheet.jpg: grey, ");
  const { data, info } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  // One photograph on each side: three pictures without a truth, four with one.
  const start = stripWidth(3) + 18;
  expect([info.width, info.height]).toEqual([start + stripWidth(4), CELL]);
  const centre = (x: number, picture: number): number[] => {
    const left = x + picture * (stripWidth(2) - CELL) + CELL / 2;
    return [...data.subarray(3 * ((CELL / 2) * info.width + left)).subarray(0, 3)];
  };
  const spread = (colour: readonly number[]): number => Math.max(...colour) - Math.min(...colour);
  for (const x of [0, start]) {
    expect(spread(centre(x, 0)), "grey").toBeLessThan(5);
    expect(spread(centre(x, 1)), "coloured").toBeGreaterThan(15);
    expect(centre(x, 2)).toEqual(centre(x, 1));
  }
  const [r, g, b] = centre(start, 3);
  expect(b! - r!, "the truth is blue").toBeGreaterThan(120);
  expect(b! - g!, "the truth is blue").toBeGreaterThan(100);
});

it("says which models there are, and writes nothing", () => {
  const out = at("none.jpg");
  const args = [...SCRIPT, at("photos"), "--truth", at("truth"), "--model", "naturl", "--out", out];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain('expected inception-table, natural or inception-strided, received "naturl"');
  expect(existsSync(out)).toBe(false);
});
