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
  /** How many files and folders could not be read: a broken link, a folder without permission, a file that is gone. */
  readonly unreadable: number;
}

/** Files that were picked one by one are all tried; of a folder, pictures only. */
export function picked(files: Iterable<File>, folder: boolean): Found {
  const all = [...files];
  const chosen = folder ? all.filter(isPicture) : all;
  return { files: chosen, others: all.length - chosen.length, unreadable: 0 };
}

/** The files of a drop or a paste. Call it in the event itself, because browsers empty `transfer` after it. */
export async function transferred(transfer: DataTransfer): Promise<Found> {
  const items = [...transfer.items].filter(({ kind }) => kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found: Found[] = [];
  for (const entry of entries)
    if (entry instanceof File) found.push(picked([entry], false));
    else if (entry) {
      const { files, unreadable } = await filesOf(entry);
      found.push({ ...picked(files, entry.isDirectory), unreadable });
    }
  return {
    files: found.flatMap(({ files }) => files),
    others: found.reduce((sum, { others }) => sum + others, 0),
    unreadable: found.reduce((sum, { unreadable }) => sum + unreadable, 0),
  };
}

/** The files of an entry, by name. What cannot be read is counted, and the rest is read. */
async function filesOf(entry: FileSystemEntry): Promise<Pick<Found, "files" | "unreadable">> {
  try {
    if (entry.isFile) {
      const file = await new Promise<File>((...to) => (entry as FileSystemFileEntry).file(...to));
      return { files: [file], unreadable: 0 };
    }
    const files: File[] = [];
    let unreadable = 0;
    for (const inner of await entriesOf(entry as FileSystemDirectoryEntry)) {
      const found = await filesOf(inner);
      files.push(...found.files);
      unreadable += found.unreadable;
    }
    return { files, unreadable };
  } catch (error) {
    console.warn(entry.fullPath, error);
    return { files: [], unreadable: 1 };
  }
}

/** The entries of a folder, by name. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const entries: FileSystemEntry[] = [];
  // Browsers give a part of a long folder at a time, and nothing at its end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((...to) => reader.readEntries(...to));
    if (part.length === 0) break;
    entries.push(...part);
  }
  return entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/** The web address that was dropped or pasted, if it is one. */
export function addressIn(transfer: DataTransfer): URL | undefined {
  const text = (transfer.getData("text/uri-list") || transfer.getData("text/plain")).trim().split(/\s/)[0] ?? "";
  return /^https?:/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

/** The name of the file at an address, as people write it. */
export function nameAt({ pathname, host }: URL): string {
  const last = pathname.split("/").at(-1) || host;
  try {
    return decodeURIComponent(last).replaceAll(/[/\\]/g, "_");
  } catch {
    return last;
  }
}
