/** What was dropped: folders that cannot be read to their end. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { transferred } from "../../demo/sources";

const gone = new DOMException("The file is gone.", "NotFoundError");

function file(name: string, readable = true): object {
  return {
    name,
    isFile: true,
    file: (resolve: (file: File) => void, reject: (error: unknown) => void) =>
      readable ? resolve(new File(["x"], name, { type: "image/jpeg" })) : reject(gone),
  };
}

function folder(name: string, entries: readonly object[] | undefined): object {
  const parts = [entries, []];
  const readEntries = (resolve: (part: unknown) => void, reject: (error: unknown) => void): void =>
    entries ? resolve(parts.shift()) : reject(gone);
  return { name, isFile: false, isDirectory: true, createReader: () => ({ readEntries }) };
}

const drop = (...entries: readonly object[]): DataTransfer =>
  ({ items: entries.map((entry) => ({ kind: "file", webkitGetAsEntry: () => entry })) }) as unknown as DataTransfer;

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

it("counts what cannot be read, and takes the rest", async () => {
  const album = folder("album", [
    file("10.jpg"),
    folder("locked", undefined),
    file("9.jpg", false),
    file("2.jpg"),
    folder("inner", [file("notes.jpg"), file("broken.jpg", false)]),
  ]);
  const { files, unreadable } = await transferred(drop(album, file("moved.jpg", false), file("last.jpg")));
  expect(files.map(({ name }) => name)).toEqual(["2.jpg", "10.jpg", "notes.jpg", "last.jpg"]);
  expect(unreadable).toBe(4);
});
