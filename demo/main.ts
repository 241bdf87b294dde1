/** The demo page: colours photographs by the public API, compares them with the originals, and saves them. */
import { isUnsaved, newPhoto } from "./album";
import { sizeOption } from "./colours";
import { chooseModel, chosenModel, showModels, stopOtherLoads } from "./models";
import {
  adjust,
  album,
  choose,
  close,
  colourAnyway,
  fail,
  onProcessor,
  open,
  queue,
  remove,
  turnOpen,
} from "./open-photo";
import { isDraggingOut } from "./drag-out";
import { isModelFile, openModel } from "./own-model";
import { isInColour, readImage, smallCopy, thumbnailOf } from "./photograph";
import { showSamples } from "./samples";
import { takeShared } from "./shared";
import { startSaving } from "./saving";
import { addressIn, nameAt, picked, transferred, type Found } from "./sources";
import { Strip } from "./strip";
import { isTiff, readPage, withPages, type Source } from "./tiff";
import { startTinting } from "./tint";
import { hideMessage, page, showMessage } from "./view";
import { explain, failure, missingWebGpu } from "./words";

const strip = new Strip(album, {
  open: (photo) => {
    chosen++;
    void choose(photo);
  },
  remove,
});
strip.watch();

/** What was chosen is numbered: one photograph that decodes late does not open over a newer one. */
let chosen = 0;

/**
 * Adds photographs and opens the first of them that can be read. A single one that cannot be read changes nothing. `number` is that of the
 * visitor's choice.
 */
async function add(given: readonly Source[], number = ++chosen): Promise<void> {
  // No photograph is in sight until the pages of TIFF files are known.
  if (given.some(({ source, name }) => isTiff(source, name)))
    showMessage(given.length === 1 ? `“${given[0]!.name}” is being read.` : `${given.length} files are being read.`);
  const sources = await withPages(given);
  const settings = { model: chosenModel(), saturation: 1, warmth: 0, size: undefined, hints: [] };
  const photos = sources.map((source) => newPhoto(source, settings));
  const many = photos.length > 1;
  if (many) album.add(photos);
  let opened = false;
  let failed = 0;
  const left = new Set(photos);
  for (let photo = photos[0]; photo; [photo] = left) {
    if (album.open && left.has(album.open)) photo = album.open; // the visitor waits for it
    left.delete(photo);
    const closed = (): boolean => many && !album.has(photo);
    if (closed()) continue;
    try {
      await readPage(photo);
      const image = await readImage(photo.source, photo.name);
      const small = await smallCopy({ ...photo, image });
      const thumbnail = { file: await thumbnailOf(small) };
      if (closed()) continue;
      const first = photo === album.open || (!opened && number === chosen);
      if (first) photo.image = image;
      album.change(photo, { state: "waiting", thumbnail, inColour: isInColour(small) });
      if (!many) album.add([photo]);
      if (first) {
        opened = true;
        await open(photo);
      } else queue.wake();
    } catch (error) {
      if (!many) return void fail(error, photo);
      console.warn(error);
      failed++;
      album.change(photo, { state: "failed", failure: await explain(error, photo.name) });
    }
  }
  if (opened || !many || number !== chosen) return;
  if (failed > 0) showMessage(`None of these ${failed} files could be opened.`);
  else hideMessage(); // the visitor closed them all
}

/** Takes the models among the files into use, then adds the pictures. */
async function addFound({ files, others, unreadable }: Found): Promise<void> {
  if (files.length === 0 && others > 0 && unreadable === 0) return showMessage("There are no pictures in this folder.");
  for (const file of files.filter(isModelFile)) await openModel(file, useModel);
  const pictures = files.filter((file) => !isModelFile(file));
  if (pictures.length > 0) await add(pictures.map((file) => ({ source: file, name: file.name })));
  if (unreadable > 0)
    showMessage(`${unreadable === 1 ? "A file or folder" : `${unreadable} files or folders`} could not be read.`);
}

/** Adds what was dropped or pasted. Call it in the event itself. */
async function addTransferred(transfer: DataTransfer): Promise<void> {
  try {
    await addFound(await transferred(transfer));
  } catch (error) {
    console.error(error);
    showMessage(failure("That could not be read. Try again, or choose the files by the page's button.", error));
  }
}

function useModel(name: string): void {
  chooseModel(name);
  changeModel(name);
  if (!album.open) showMessage(`“${name}” is ready. Choose a photograph.`);
}

/** Loads a picture from an address that the visitor gave: the only request that leaves the page's own site. */
async function addAddress(address: URL): Promise<void> {
  const { host } = address;
  const number = ++chosen;
  const stop = new AbortController();
  showMessage(`The picture at ${host} is being loaded.`, { label: "Stop", run: () => stop.abort() });
  try {
    const response = await fetch(address, {
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: stop.signal,
    });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const source = await response.blob();
    if (number === chosen) hideMessage();
    await add([{ source, name: nameAt(address) }], number);
  } catch (error) {
    if (stop.signal.aborted) return;
    console.error(error);
    const text = `The picture at ${host} could not be loaded. Its site may not allow that: save the picture on this device, and open the file.`;
    showMessage(failure(text, error));
  }
}

/** The addresses of samples that join the album when they are read. */
const reading = new Set<string>();

function addSample(address: string, title: string): void {
  const before = album.photos.find(({ source }) => source === address);
  if (before) {
    chosen++;
    void choose(before);
  } else if (!reading.has(address)) {
    reading.add(address);
    void add([{ source: address, name: title }]).finally(() => reading.delete(address));
  }
}

/** Colours the open photograph by this model, and others that are not coloured yet and whose settings the visitor did not touch. */
function changeModel(model: string): void {
  hideMessage();
  for (const photo of album.photos) {
    const untouched = photo.state === "waiting" || photo.state === "working" || photo.state === "checking";
    if (photo === album.open || photo.settings.canUndo || !untouched) continue;
    photo.settings.amend({ ...photo.settings.now, model });
    if (photo.state === "working") queue.again(photo);
  }
  if (album.open) {
    page.stage.scrollIntoView({ block: "nearest" });
    adjust.set({ model });
  }
  const open = album.photos.filter(({ state }) => state === "waiting" || state === "working");
  stopOtherLoads(new Set([model, ...open.map(({ settings }) => settings.now.model)]));
}

/** Measures every step of the networks, when the user opens the panel. */
async function measure(): Promise<void> {
  const { open: photo } = album;
  if (!page.profile.open || !photo) return;
  page.layers.ariaBusy = "true";
  page.layers.replaceChildren();
  page.measuring.textContent = "Measuring every step…";
  try {
    const { showHow } = await import("./how");
    const colours = await queue.coloursOf(photo);
    const profile = await colours.colorizer.profile(colours.result, sizeOption(colours));
    if (photo === album.open) showHow(photo, colours, profile);
  } catch (error) {
    if (photo !== album.open) return;
    page.profile.open = false;
    await fail(error, photo);
  } finally {
    page.layers.ariaBusy = null;
    page.measuring.textContent = "";
  }
}

// Events

page.profile.addEventListener("toggle", () => void measure());
page.pick.addEventListener("click", () => page.file.click());
page.another.addEventListener("click", () => page.file.click());
page.pickFolder.addEventListener("click", () => page.folder.click());
page.pickModel.addEventListener("click", () => page.modelFile.click());
for (const input of [page.file, page.folder, page.modelFile])
  input.addEventListener("change", () => {
    const found = picked(input.files ?? [], input === page.folder);
    input.value = ""; // the same file may be chosen again
    if (found.files.length + found.others > 0) void addFound(found);
  });
page.addressForm.addEventListener("submit", (event) => {
  event.preventDefault();
  void addAddress(new URL(page.address.value));
  page.addressForm.reset();
});
document.addEventListener("paste", (event) => {
  const { clipboardData } = event;
  if (!clipboardData) return;
  const address = addressIn(clipboardData);
  if (clipboardData.files.length > 0) void addTransferred(clipboardData);
  else if (address && event.target !== page.address) void addAddress(address);
});
document.addEventListener("dragover", (event) => {
  if (isDraggingOut()) return;
  event.preventDefault();
  page.stage.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) page.stage.classList.remove("dropping");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  if (isDraggingOut()) return;
  page.stage.classList.remove("dropping");
  const address = event.dataTransfer && addressIn(event.dataTransfer);
  if (event.dataTransfer?.types.includes("Files")) void addTransferred(event.dataTransfer);
  else if (address) void addAddress(address);
  else showMessage("That was not a file. Save the picture on this device, then drop its file here.");
});
function pause(on: boolean): void {
  if (on) queue.pause();
  else queue.resume();
  page.pause.textContent = on ? "Go on" : "Stop";
}
page.pause.addEventListener("click", () => pause(!queue.paused));
page.retry.addEventListener("click", () => {
  for (const photo of album.photos) if (photo.state === "failed") queue.again(photo);
});
page.closeAll.addEventListener("click", () => {
  if (!confirm("Close all photographs? Colours that are not saved are lost.")) return;
  for (const photo of album.photos) queue.stop(photo);
  album.remove(album.photos);
  close();
  pause(false); // for photographs to come
});
page.turn.addEventListener("click", () => void turnOpen());
page.colourAsking.addEventListener("click", () => {
  hideMessage(); // which may ask about one of them
  for (const photo of album.photos) if (photo.state === "asking") colourAnyway(photo);
});
addEventListener("beforeunload", (event) => {
  if (album.photos.some(isUnsaved)) event.preventDefault(); // the browser asks
});

showModels(page.models, (model) => changeModel(model));
showSamples(page.samples, addSample);
page.pickFolder.hidden = !("webkitdirectory" in page.folder) || matchMedia("(pointer: coarse)").matches;
void startSaving();
startTinting();
const missing = await missingWebGpu();
if (missing) showMessage(missing.text, missing.remedy === "processor" ? onProcessor : undefined);
const shared = await takeShared();
if (shared?.length === 0) showMessage("No photographs arrived. Open them here.");
else if (shared) await addFound(picked(shared, false));
