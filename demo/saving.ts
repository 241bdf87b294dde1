/** What the buttons for saving do. */
import { originalFile } from "./colours";
import { album, queue } from "./open-photo";
import { download, jpegOf } from "./save";
import { page, showMessage } from "./view";
import { coloured, zipOf } from "./zip";

export async function save(button: HTMLButtonElement, ending: "jpg" | "png"): Promise<void> {
  const photo = album.open;
  if (!photo) return;
  button.disabled = true;
  try {
    const { result } = await queue.coloursOf(photo);
    const file = ending === "jpg" ? await jpegOf(result, originalFile(photo)) : await result.blob("image/png");
    download(file, coloured(photo.name, ending));
  } catch (error) {
    console.error(error);
    showMessage(`“${photo.name}” could not be saved. It may be too large for this browser's memory.`);
  } finally {
    button.disabled = false;
  }
}

export async function saveAll(): Promise<void> {
  page.saveAll.disabled = true;
  try {
    download(await zipOf(album.photos.filter(({ state }) => state === "done")), "photographs-in-colour.zip");
  } catch (error) {
    console.error(error);
    showMessage("The photographs could not be saved together. Save them one by one.");
  } finally {
    page.saveAll.disabled = false;
  }
}
