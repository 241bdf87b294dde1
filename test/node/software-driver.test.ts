import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DeviceError } from "../../src/base/errors";
import { softwareDriver, unpackChromiumArchive } from "../../src/node/software-driver";

let folder: string;
let blocked: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-driver-"));
  // A folder below a file cannot be made, not even by root.
  await writeFile(join(folder, "file"), "");
  blocked = join(folder, "file", "below");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("the driver goes to the temporary folder when the cache cannot be written", async () => {
  vi.stubEnv("XDG_CACHE_HOME", blocked);
  vi.stubEnv("TMPDIR", folder);
  const driver = await softwareDriver();
  expect(relative(folder, driver)).toMatch(/^colorize-canvas-/);
  expect(existsSync(join(driver, "vk_swiftshader_icd.json"))).toBe(true);
  expect(await softwareDriver()).toBe(driver);
  expect(await readdir(dirname(driver)), "nothing beside it").toHaveLength(1);
});

test("a DeviceError names both folders when neither can be written", async () => {
  vi.stubEnv("XDG_CACHE_HOME", blocked);
  vi.stubEnv("TMPDIR", blocked);
  const error: unknown = await softwareDriver().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DeviceError);
  expect((error as DeviceError).hint).toContain("XDG_CACHE_HOME");
});

test("a failure on the way leaves no half-unpacked folder", async () => {
  vi.stubEnv("XDG_CACHE_HOME", folder);
  vi.stubEnv("TMPDIR", folder);
  await expect(unpackChromiumArchive("missing.tar.br")).rejects.toThrow(DeviceError);
  const left = (await readdir(folder, { recursive: true })).filter((name) => name.includes("missing"));
  expect(left).toEqual([]);
});
