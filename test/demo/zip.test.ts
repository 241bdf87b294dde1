/** All photographs of the demo page as one ZIP file. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { newPhoto, type Photo } from "../../demo/album";
import { fileOf } from "../../demo/colours";
import { USUAL_CHOICE } from "../../demo/save";
import { zipOf } from "../../demo/zip";
import type { ColorizeResult, PhotoColorizer } from "../../src/index";

const settings = { model: "natural", saturation: 1, warmth: 0, size: undefined, hints: [] };
const photo = (name: string, values: Partial<Photo>): Photo =>
  Object.assign(newPhoto({ source: new Blob(), name }, settings), { state: "done", ...values });

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

it("leaves out what cannot be written, and says so", async () => {
  const broken = {
    get data(): never {
      throw new Error("out of memory");
    },
  } as unknown as ColorizeResult;
  const colours = { result: broken, colorizer: {} as PhotoColorizer, settings };
  const photos = [
    photo("a.jpg", { saved: { file: new Blob(["one"]), settings } }),
    photo("b.jpg", { colours }),
    photo("a.tif", { saved: { file: new Blob(["two"]), settings } }),
    photo("c.jpg", {}),
  ];
  const { zip, packed, missing } = await zipOf(photos, USUAL_CHOICE, fileOf);
  expect([...packed.keys()]).toEqual([photos[0], photos[2]]);
  expect(missing).toEqual([photos[1], photos[3]]);
  const text = await zip.text();
  expect([...new Set(text.match(/[ab]-colour(-2)?\.jpg|one|two/g))]).toEqual([
    "a-colour.jpg",
    "one",
    "a-colour-2.jpg",
    "two",
  ]);
});
