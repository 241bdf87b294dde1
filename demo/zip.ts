/** All coloured photographs as one ZIP file. */
import { downloadZip } from "client-zip";
import type { Photo, Settings } from "./album";
import { nameOf, type SaveChoice } from "./save";

export interface Zip {
  readonly zip: Blob;
  /** The photographs that are in it, by the settings of their files, and those whose files could not be made. */
  readonly packed: ReadonlyMap<Photo, Settings>;
  readonly missing: readonly Photo[];
}

/** `fileOf` reads, or makes, the file of a photograph by this choice when its turn comes, so that one is in memory at a time. */
export async function zipOf(
  photos: readonly Photo[],
  choice: SaveChoice,
  fileOf: (photo: Photo) => Promise<Blob | undefined>,
): Promise<Zip> {
  const taken = new Set<string>();
  const packed = new Map<Photo, Settings>();
  async function* entries(): AsyncGenerator<{ name: string; input: Blob; lastModified: Date }> {
    for (const photo of photos) {
      const { settings } = photo.colours ?? photo.saved ?? {};
      const input = await fileOf(photo).catch((error: unknown) => console.error(error));
      if (!input || !settings) continue;
      packed.set(photo, settings);
      const usual = nameOf(photo.name, choice);
      let name = usual;
      for (let n = 2; taken.has(name.toLowerCase()); n++) name = usual.replace(/(?=\.\w+$)/, `-${n}`);
      taken.add(name.toLowerCase());
      yield { name, input, lastModified: new Date() };
    }
  }
  const zip = await downloadZip(entries()).blob();
  return { zip, packed, missing: photos.filter((photo) => !packed.has(photo)) };
}
