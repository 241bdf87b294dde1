/** The demo page's album: what it tells its listeners. */
import { expect, it } from "vitest";
import { Album, newPhoto, type Photo } from "../../demo/album";

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
