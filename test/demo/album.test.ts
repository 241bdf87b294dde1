/** The demo page's album: what it tells its listeners. */
import { expect, it } from "vitest";
import { Album, isUnsaved, newPhoto, type Photo } from "../../demo/album";

const settings = { model: "natural", saturation: 1, warmth: 0, size: undefined, hints: [] };
const photo = (name: string): Photo => newPhoto({ source: new Blob(), name }, settings);

it("tells once of many photographs that come or go together", () => {
  const album = new Album();
  const told: string[] = [];
  album.onChange(() => told.push(album.photos.map(({ name }) => name).join()));
  const [a, b, c] = [photo("a"), photo("b"), photo("c")];
  album.add([a, b, c]);
  album.remove([a, c]);
  album.remove(album.photos);
  expect(told).toEqual(["a,b,c", "b", ""]);
});

it("knows whose colours are lost with the page", () => {
  const own = (values: Partial<Photo>): boolean => isUnsaved(Object.assign(photo("a"), values));
  expect(own({ state: "waiting" })).toBe(true);
  expect(own({ state: "failed" })).toBe(false);
  expect(own({ state: "asking" })).toBe(false);
  expect(own({ state: "done" })).toBe(true);
  expect(own({ state: "done", taken: { ...settings } })).toBe(false);
  expect(own({ state: "done", taken: { ...settings, saturation: 2 } })).toBe(true);
  expect(own({ state: "done", source: "samples/cat.jpg" })).toBe(false);
});
