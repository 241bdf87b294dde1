/** Picture files from what was dropped, pasted or picked; of folders, with the folders in them. */

const PICTURE = /\.(avif|bmp|gif|jpe?g|jfif|png|tiff?|webp|heic|heif)$/i;

/** What a browser does not know the type of has a usual ending. */
function isPicture({ type, name }: File): boolean {
  return type.startsWith("image/") || (type === "" && PICTURE.test(name));
}

export interface Found {
  readonly files: readonly File[];
  /** How many files of folders were left out because they are no pictures. */
  readonly others: number;
}

/** Files that were picked one by one are all tried; of a folder, pictures only. */
export function picked(files: Iterable<File>, folder: boolean): Found {
  const all = [...files];
  const chosen = folder ? all.filter(isPicture) : all;
  return { files: chosen, others: all.length - chosen.length };
}

/** The files of a drop or a paste. Call it in the event itself, because browsers empty `transfer` after it. */
export async function transferred(transfer: DataTransfer): Promise<Found> {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found: Found[] = [];
  for (const entry of entries)
    if (entry instanceof File) found.push(picked([entry], false));
    else if (entry) found.push(picked(await filesOf(entry), entry.isDirectory));
  return {
    files: found.flatMap(({ files }) => files),
    others: found.reduce((sum, { others }) => sum + others, 0),
  };
}

/** The files of an entry, by name. */
async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await new Promise<File>((...to) => (entry as FileSystemFileEntry).file(...to))];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const entries: FileSystemEntry[] = [];
  // Browsers give a part of a long folder at a time, and nothing at its end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((...to) => reader.readEntries(...to));
    if (part.length === 0) break;
    entries.push(...part);
  }
  entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const files: File[] = [];
  for (const inner of entries) files.push(...(await filesOf(inner)));
  return files;
}

/** The web address that was dropped or pasted, if it is one. */
export function addressIn(transfer: DataTransfer): URL | undefined {
  const text = (transfer.getData("text/uri-list") || transfer.getData("text/plain")).trim().split(/\s/)[0] ?? "";
  return /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}
