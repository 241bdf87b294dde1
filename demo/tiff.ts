/** TIFF files, which few browsers read: each page as a PNG file. They are decoded away from the page, by code that is loaded when one comes. */
import type { Photo } from "./album";
import { runWorker } from "./run-worker";
import type { TiffJob } from "./tiff-worker";
import { UnreadableFile } from "./words";

export function isTiff(source: Blob | string, name: string): source is Blob {
  return typeof source !== "string" && (source.type === "image/tiff" || /\.tiff?$/i.test(name));
}

/** A file or address to open; of a TIFF file, one page. */
export interface Source {
  readonly source: Blob | string;
  readonly name: string;
  /** A page's position in the file, for readPage(). */
  readonly page?: number;
}

/** The sources with the pages of TIFF files in place of these: "scan, page 2.tif", or the file's own name where it has one page. */
export async function withPages(sources: readonly Source[]): Promise<Source[]> {
  const all: Source[] = [];
  for (const { source, name } of sources)
    try {
      const pages = isTiff(source, name) ? ((await run({ file: source })) as number[]) : [];
      if (pages.length < 2) all.push({ source, name, ...(pages.length === 1 && { page: pages[0]! }) });
      else for (const [i, page] of pages.entries()) all.push({ source, name: numbered(name, i + 1), page });
    } catch (error) {
      console.warn(error);
      all.push({ source, name }); // a browser that reads TIFF may know it
    }
  return all;
}

function numbered(name: string, page: number): string {
  return name.replace(/(\.tiff?)?$/i, `, page ${page}$1`);
}

/** Makes a page of a TIFF file the photograph's source: a PNG, upright, 8 bits a sample, with its colour profile and EXIF. Throws UnreadableFile. */
export async function readPage(photo: Photo): Promise<void> {
  const { source, name, page } = photo;
  if (page === undefined || typeof source === "string") return;
  try {
    photo.source = (await run({ file: source, page })) as Blob;
    photo.page = undefined;
  } catch (cause) {
    throw new UnreadableFile(name, { cause });
  }
}

function run(job: TiffJob): Promise<number[] | Blob> {
  return runWorker(new Worker(new URL("./tiff-worker.ts", import.meta.url), { type: "module" }), job);
}
