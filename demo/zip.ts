/** All coloured photographs as one ZIP file. */
import { downloadZip } from "client-zip";
import type { Photo } from "./album";
import { fileOf } from "./colours";

/** "dir.name.png" -> "dir.name-colour.jpg". */
export function coloured(name: string, ending: string): string {
  return `${name.replace(/\.[^.]*$/, "")}-colour.${ending}`;
}

/** Each file is read, or made, when its turn comes, so that one is in memory at a time. */
export async function zipOf(photos: readonly Photo[]): Promise<Blob> {
  const taken = new Set<string>();
  async function* entries(): AsyncGenerator<{ name: string; input: Blob; lastModified: Date }> {
    for (const photo of photos) {
      const input = await fileOf(photo);
      if (!input) continue;
      let name = coloured(photo.name, "jpg");
      for (let n = 2; taken.has(name.toLowerCase()); n++)
        name = coloured(photo.name, "jpg").replace(/(?=\.jpg$)/, `-${n}`);
      taken.add(name.toLowerCase());
      yield { name, input, lastModified: new Date() };
    }
  }
  return downloadZip(entries()).blob();
}
