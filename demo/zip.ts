/** All coloured photographs as one ZIP file. */
import { downloadZip } from "client-zip";
import type { Photo } from "./album";
import { fileOf } from "./colours";
import { nameOf, USUAL_CHOICE } from "./save";

/** Each file is read, or made, when its turn comes, so that one is in memory at a time. */
export async function zipOf(photos: readonly Photo[]): Promise<Blob> {
  const taken = new Set<string>();
  async function* entries(): AsyncGenerator<{ name: string; input: Blob; lastModified: Date }> {
    for (const photo of photos) {
      const input = await fileOf(photo);
      if (!input) continue;
      const usual = nameOf(photo.name, USUAL_CHOICE);
      let name = usual;
      for (let n = 2; taken.has(name.toLowerCase()); n++) name = usual.replace(/(?=\.jpg$)/, `-${n}`);
      taken.add(name.toLowerCase());
      yield { name, input, lastModified: new Date() };
    }
  }
  return downloadZip(entries()).blob();
}
