/** Pictures in colour are dragged out of the page as files, to a folder or another program. */
import type { Photo } from "./album";
import { fileOf, keptFile } from "./colours";
import { nameOf, USUAL_CHOICE } from "./save";

/** A type of dragged data that makes a file where it is dropped. Only Chromium knows it, and only that has this property. */
const TYPE = "DownloadURL";
const KNOWN = "userAgentData" in navigator;

let dragging = false;

/** Files that are being written. */
const making = new WeakSet<Photo>();

/** A drag must have its file when it begins, so it is written when the pointer comes. */
async function prepare(photo: Photo): Promise<void> {
  if (making.has(photo) || photo.state !== "done") return;
  making.add(photo);
  try {
    await fileOf(photo);
  } catch (error) {
    console.warn("It cannot be dragged:", error);
  } finally {
    making.delete(photo);
  }
}

/** Lets `handle` be dragged out, where the browser can: the photograph in colour, as JPEG, marked as such as by Save. */
export function dragOut(handle: HTMLElement, photoOf: () => Photo | undefined): void {
  if (!KNOWN) return;
  handle.draggable = true;
  let address = "";
  handle.addEventListener("pointerenter", () => {
    const photo = photoOf();
    if (photo) void prepare(photo);
  });
  handle.addEventListener("dragstart", (event) => {
    const photo = photoOf();
    const file = photo && keptFile(photo);
    if (!file || !event.dataTransfer) return event.preventDefault();
    address = URL.createObjectURL(file);
    const name = nameOf(photo.name, USUAL_CHOICE).replaceAll(":", "_"); // a colon ends the name
    event.dataTransfer.setData(TYPE, `${file.type}:${name}:${address}`);
    event.dataTransfer.effectAllowed = "copy";
    dragging = true;
  });
  handle.addEventListener("dragend", () => {
    dragging = false;
    setTimeout((dragged: string) => URL.revokeObjectURL(dragged), 60_000, address);
  });
}

/** Whether a picture of the page itself is being dragged, which the page does not take back. */
export function isDraggingOut(): boolean {
  return dragging;
}
