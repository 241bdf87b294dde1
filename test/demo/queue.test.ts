/** The demo page's queue: what it says of a photograph, and what it keeps of one, while settings change. */
import { beforeEach, expect, it, vi } from "vitest";
import { Album, newPhoto, type Photo } from "../../demo/album";
import { Queue } from "../../demo/queue";
import { encode } from "../../demo/save";
import type { ColorizeResult, PhotoColorizer } from "../../src/index";

vi.mock("../../demo/models", () => ({
  isLoaded: () => true,
  loadModel: () => Promise.resolve({ colorize: () => Promise.resolve({}), manifest: { colorizer: { size: {} } } }),
}));
vi.mock("../../demo/photograph", () => ({
  readable: () => Promise.resolve(new Blob()),
  smallPixels: () => undefined,
  thumbnailOf: () => Promise.resolve(new Blob()),
}));
vi.mock("../../demo/colours", async (original) => ({
  ...(await original<object>()),
  factsOf: () => "",
}));
vi.mock("../../demo/save", () => ({ encode: vi.fn(), USUAL_CHOICE: {} }));

const settings = { model: "natural", saturation: 1, warmth: 0, size: undefined, hints: [] };
const colours = (saturation: number): NonNullable<Photo["colours"]> => ({
  result: {} as ColorizeResult,
  colorizer: {} as PhotoColorizer,
  settings: { ...settings, saturation },
});

let album: Album;
let queue: Queue;
let photo: Photo;
/** Each ends the encoding of a file of that text. */
let encoded: ((text: string) => void)[];

beforeEach(() => {
  encoded = [];
  vi.mocked(encode).mockImplementation(
    () => new Promise((resolve) => encoded.push((text) => resolve(new Blob([text])))),
  );
  album = new Album();
  queue = new Queue(
    album,
    () => undefined,
    () => undefined,
  );
  photo = Object.assign(newPhoto({ source: new Blob(), name: "a.jpg" }, settings), { inColour: false });
  album.add([photo]);
});

it("no longer colours a photograph that waits to be kept: changed settings are applied then", async () => {
  const before = Object.assign(newPhoto({ source: new Blob(), name: "b.jpg" }, settings), { colours: colours(1) });
  album.add([before]);
  void queue.keep(before);
  await vi.waitFor(() => expect(encoded).toHaveLength(1));
  queue.again(photo);
  expect(queue.isColouring(photo)).toBe(true);
  await vi.waitFor(() => expect(photo.state).toBe("done"));
  expect(encoded).toHaveLength(1); // its own turn has not come
  expect(queue.isColouring(photo)).toBe(false);
});

it("keeps the newest colours, and a thumbnail of them, when others come while a file is written", async () => {
  Object.assign(photo, { state: "done", colours: colours(1) });
  void queue.keep(photo);
  await vi.waitFor(() => expect(encoded).toHaveLength(1));
  const newer = (photo.colours = colours(2));
  encoded[0]!("old");
  await vi.waitFor(() => expect(encoded).toHaveLength(2));
  encoded[1]!("new");
  await vi.waitFor(() => expect(photo.colours).toBeUndefined());
  expect(await photo.saved!.file.text()).toBe("new");
  expect([photo.saved!.settings, photo.thumbnail!.settings]).toEqual([newer.settings, newer.settings]);
});

it("ends the wait for the colours of a photograph that is closed", async () => {
  queue.pause();
  const waiting = queue.coloursOf(photo);
  album.remove([photo]);
  await expect(waiting).rejects.toThrow("closed");
});
