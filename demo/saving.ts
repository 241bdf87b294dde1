/** What the buttons for saving do: the dialog with the choices, sharing, copying, all photographs as one file. */
import { saveFile, type ColorizeContent } from "../src/index";
import { sameSettings, type Photo } from "./album";
import { fileOf, originalFile } from "./colours";
import { dragOut } from "./drag-out";
import { album, queue } from "./open-photo";
import { encode, FORMATS, nameOf, savableTypes, USUAL_CHOICE, type SaveChoice } from "./save";
import { page, showMessage } from "./view";
import { failure, NotColoured } from "./words";
import { zipOf } from "./zip";

/** Stays as long as the page; the content is chosen anew each time. */
let choice: SaveChoice = USUAL_CHOICE;

/** The open photograph as a file, by these choices. */
async function fileOfOpen(photo: Photo, of: SaveChoice): Promise<File> {
  return new File([await blobOfOpen(photo, of)], nameOf(photo.name, of), { type: of.type });
}

async function blobOfOpen(photo: Photo, of: SaveChoice): Promise<Blob> {
  const { image, saved } = photo; // it loses the image when the visitor opens another one meanwhile
  // A photograph that was open before has a file of this choice in place of its colours.
  if (saved && isUsual(of) && sameSettings(saved.settings, photo.settings.now)) return saved.file;
  const { result } = await queue.coloursOf(photo);
  return encode(result, image, originalFile(photo), of);
}

function isUsual({ content, type, quality }: SaveChoice): boolean {
  return content === USUAL_CHOICE.content && type === USUAL_CHOICE.type && quality === USUAL_CHOICE.quality;
}

/** Runs work on the open photograph while its button is off; says that it could not be done, what it is. */
async function run(button: HTMLButtonElement, what: string, work: (photo: Photo) => Promise<void>): Promise<void> {
  const photo = album.open;
  if (!photo) return;
  button.disabled = true;
  try {
    await work(photo);
  } catch (error) {
    // The visitor closed the system's dialog, or the photograph.
    if (error instanceof DOMException && error.name === "AbortError") return;
    console.error(error);
    const text = `“${photo.name}” could not be ${what}.`;
    showMessage(error instanceof NotColoured ? error.failure : failure(text, error));
  } finally {
    button.disabled = false;
  }
}

const NOT_SAVED = "saved. It may be too large for this browser's memory";

function save(of: SaveChoice): Promise<void> {
  return run(page.save, NOT_SAVED, async (photo) => {
    const { now } = photo.settings;
    const file = await fileOfOpen(photo, of);
    saveFile(file, file.name);
    photo.taken = now;
  });
}

/** The choices in the dialog. */
function chosen(): SaveChoice {
  const data = new FormData(page.saveForm);
  return {
    content: data.get("content") as ColorizeContent,
    type: data.get("type") as string,
    quality: page.quality.valueAsNumber,
  };
}

function update(): void {
  const { type, quality } = chosen();
  page.qualityRow.hidden = !FORMATS[type]!.lossy;
  page.qualityValue.value = `${quality} %`;
  page.saveNote.textContent =
    type === "image/avif"
      ? "In full size. AVIF files cannot be marked as artificially coloured yet."
      : "In full size, marked in the file as artificially coloured.";
}

function openDialog(): void {
  if (!album.open) return;
  page.saveForm.querySelector<HTMLInputElement>("[value=picture]")!.checked = true;
  page.saveDialog.showModal();
  update();
}

/** Whether the ZIP file is being written. */
let zipping = false;

function allowSaveAll(): void {
  page.saveAll.disabled = zipping || !album.photos.some(({ state }) => state === "done");
}

async function saveAll(): Promise<void> {
  zipping = true;
  allowSaveAll();
  const of: SaveChoice = { ...choice, content: "picture" };
  const usual = isUsual(of);
  // In another format than that of the files that are kept, photographs are coloured again, also after "Stop".
  if (!usual && queue.paused) page.pause.click();
  const make = usual ? fileOf : (photo: Photo): Promise<Blob> => blobOfOpen(photo, of);
  try {
    const done = album.photos.filter(({ state }) => state === "done");
    const { zip, packed, missing } = await zipOf(done, of, make);
    if (packed.size === 0) throw new Error("no file could be written");
    saveFile(zip, "photographs-in-colour.zip");
    for (const [photo, settings] of packed) photo.taken = settings;
    if (missing.length > 0) showMessage(`Not in the ZIP file: ${missing.map(({ name }) => `“${name}”`).join(", ")}.`);
  } catch (error) {
    console.error(error);
    showMessage(failure("The photographs could not be saved together. Save them one by one.", error));
  } finally {
    zipping = false;
    allowSaveAll();
  }
}

/** Makes the buttons work, and offers what this browser can do. */
export async function startSaving(): Promise<void> {
  dragOut(page.save, () => album.open);
  if (page.save.draggable) page.save.title = "Save, or drag this button to a folder";
  page.save.addEventListener("click", () => void save({ ...choice, content: "picture" }));
  page.saveAs.addEventListener("click", openDialog);
  album.onChange(allowSaveAll);
  page.saveAll.addEventListener("click", () => void saveAll());
  page.saveForm.addEventListener("input", update);
  page.saveForm.addEventListener("submit", ({ submitter }) => {
    if ((submitter as HTMLButtonElement | null)?.value !== "save") return;
    choice = chosen();
    for (const type of [page.saveType, page.saveAllType]) type.textContent = FORMATS[choice.type]!.name;
    void save(choice);
  });
  page.saveDialog.addEventListener("click", ({ target }) => target === page.saveDialog && page.saveDialog.close());
  page.copy.addEventListener("click", () => {
    page.saveDialog.close();
    // Browsers copy PNG only; the promise keeps the visitor's click valid while it is made.
    const png = { ...chosen(), type: "image/png" };
    void run(page.save, "copied", (photo) =>
      navigator.clipboard.write([new ClipboardItem({ "image/png": fileOfOpen(photo, png) })]),
    );
  });
  page.share.addEventListener("click", () => {
    page.saveDialog.close();
    void run(page.save, "shared. Save it, and share the file", async (photo) => {
      const { now } = photo.settings;
      await navigator.share({ files: [await fileOfOpen(photo, chosen())] });
      photo.taken = now;
    });
  });
  page.copy.hidden = !("ClipboardItem" in window);
  const empty = new File([""], "photograph.jpg", { type: "image/jpeg" });
  page.share.hidden = !navigator.canShare?.({ files: [empty] });
  const types = await savableTypes();
  for (const input of page.saveForm.querySelectorAll<HTMLInputElement>("input[name=type]"))
    input.parentElement!.hidden = !types.includes(input.value);
}
