import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImageError, InputError } from "../../../src/base/errors";
import { mixed, openPictures, setsOf, spread } from "../../../tools/evaluate/photographs";
import { storedZip } from "./zip";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "photographs-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const FILES = ["b/10.webp", "b/2.JPG", "a/c/1.png", "x.tif"];
const OTHERS = ["b/notes.txt", ".hidden.png", "__MACOSX/b/2.jpg", "b/.thumbs/1.png"];
const SORTED = ["a/c/1.png", "b/2.JPG", "b/10.webp", "x.tif"];

describe("openPictures", () => {
  it("lists pictures of a folder and below, in natural order, and reads them", async () => {
    for (const name of [...FILES, ...OTHERS]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), name);
    }
    const files = await openPictures(folder);
    expect(files.names).toEqual(SORTED);
    expect((await files.read("b/2.JPG")).toString()).toBe("b/2.JPG");
    rmSync(join(folder, "x.tif"));
    await expect(files.read("x.tif")).rejects.toThrow(ImageError);
  });

  it("does the same with a zip file", async () => {
    const zip = join(folder, "photographs.zip");
    writeFileSync(zip, storedZip(Object.fromEntries([...FILES, ...OTHERS].map((name) => [name, Buffer.from(name)]))));
    const files = await openPictures(zip);
    expect(files.names).toEqual(SORTED);
    expect((await files.read("b/10.webp")).toString()).toBe("b/10.webp");
    expect((await files.read("a/c/1.png")).toString()).toBe("a/c/1.png");
    files.close();
  });

  it("says what is wrong with a source", async () => {
    const refused = async (path: string): Promise<string> => {
      const error = await openPictures(path).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InputError);
      return (error as Error).message;
    };
    expect(await refused(folder)).toContain("expected JPEG, PNG, WebP or TIFF pictures, received none in");
    expect(await refused(join(folder, "missing"))).toContain("which cannot be read (ENOENT)");
    writeFileSync(join(folder, "text.zip"), "no zip");
    expect(await refused(join(folder, "text.zip"))).toContain("damaged, or of another kind");
    const whole = storedZip({ "1.png": Buffer.alloc(500) });
    writeFileSync(join(folder, "cut.zip"), whole.subarray(0, whole.length - 30));
    expect(await refused(join(folder, "cut.zip"))).toContain("damaged, or of another kind");
  });
});

describe("setsOf", () => {
  it("takes folders, and letters before numbers that several names share", () => {
    const names = ["a/b/1.png", "c/x.png", "kodak-07.png", "kodak_8.webp", "alps-1870.jpg", "cat.jpg", "12.png"];
    expect(Object.fromEntries(setsOf(names))).toEqual({
      "a/b/1.png": "a/b",
      "c/x.png": "c",
      "kodak-07.png": "kodak",
      "kodak_8.webp": "kodak",
      "alps-1870.jpg": ".",
      "cat.jpg": ".",
      "12.png": ".",
    });
  });
});

it("spread takes names from all over the list", () => {
  const names = Array.from({ length: 10 }, (_, i) => String(i));
  expect(spread(names, 3)).toEqual(["1", "5", "8"]);
  expect(spread(names, 10)).toEqual(names);
  expect(spread(names, 99)).toEqual(names);
  expect(spread(names, undefined)).toEqual(names);
});

it("mixed keeps every name once, in an order that is always the same", () => {
  const names = Array.from({ length: 50 }, (_, i) => i);
  const order = mixed(names);
  expect([...order].sort((a, b) => a - b)).toEqual(names);
  expect(order).toEqual(mixed(names));
  const neighbours = order.filter((n, i) => Math.abs(n - (order[i + 1] ?? n + 9)) === 1);
  expect(neighbours.length).toBeLessThan(8);
});
