/** The open photograph: how it comes onto the stage, gets its colours, and what happens when it cannot. */
import { Adjust, showSettings } from "./adjust";
import { Album, isUnsaved, sameSettings, type Photo, type PhotoState } from "./album";
import { chooseModel, chosenModel, freeOthers, useProcessor } from "./models";
import { Queue } from "./queue";
import { pins } from "./pins";
import { press } from "./samples";
import { hideControls, onStage, showFirst, showPhoto, showWaiting, showWelcome } from "./stage";
import { turn } from "./turn";
import { endNeed, hideMessage, hideProgress, page, showMessage, showNeed, showProgress, type Action } from "./view";
import { explain, type Failure } from "./words";

export const album = new Album();
export const queue = new Queue(
  album,
  (photo, { text, done }) => {
    if (photo === album.open) showProgress(photo.name, text, done);
  },
  showFirst,
);
export const adjust = new Adjust(album, queue, (photo) => void refresh(photo), fail);

/** A photograph of the album was chosen. */
export async function choose(photo: Photo): Promise<void> {
  if (photo.state !== "failed") return open(photo);
  const show = photo === album.open ? showNeed : showMessage;
  show(photo.failure!, remedyOf(photo.failure!, photo));
}

/** What the visitor can do about a failure: by default, try the photograph again that was not coloured. */
function remedyOf({ remedy }: Failure, failed?: Photo): Action | undefined {
  if (remedy === "none") return undefined;
  if (remedy === "reload") return { label: "Reload", run: () => location.reload() };
  if (remedy === "processor") return onProcessor;
  return failed && { label: "Try again", run: () => void again(failed) };
}

/** Colours without WebGPU. */
export const onProcessor: Action = {
  label: "Colour on the processor",
  run: () => {
    useProcessor();
    for (const photo of album.photos)
      if (photo.state === "failed" && photo.failure!.remedy === "processor") queue.again(photo);
  },
};

/** Tries a photograph once more that failed. */
export async function again(photo: Photo): Promise<void> {
  album.change(photo, { state: "waiting", failure: undefined });
  await open(photo);
}

/** The last photograph that was open with its colours. */
let previous: Photo | undefined;
/** The state of the open photograph as the stage shows it. */
let seen: PhotoState | undefined;

/** Shows a photograph and has it coloured. One that is still being read is opened again when it was: until then the stage stays as it is. */
export async function open(photo: Photo): Promise<void> {
  const before = album.open;
  album.open = photo;
  seen = photo.state;
  if (before && before !== photo && album.has(before)) {
    void queue.keep(before);
    if (before.state === "done") {
      previous = before;
      if (isBehind(before)) queue.again(before);
    }
  }
  endNeed();
  hideMessage();
  hideProgress();
  press(page.samples, typeof photo.source === "string" ? photo.source : undefined);
  showSettings(photo);
  if (photo.state === "checking") {
    hideControls(); // they would be about this photograph, below another one
    return showProgress(photo.name, "Being read", 0);
  }
  try {
    await showPhoto(photo);
  } catch (error) {
    // For example, the file was moved meanwhile. The photograph on the stage is the open one again.
    const shown = onStage();
    if (photo === album.open && photo !== shown) {
      if (shown && album.has(shown)) await open(shown);
      else close();
    }
    return fail(error, photo);
  }
  if (photo !== album.open) return;
  page.stage.scrollIntoView({ block: "nearest" }); // the samples lie below
  showWaiting(isBusy(photo)); // it may have failed meanwhile
  if (isBusy(photo)) showProgress(photo.name, "Getting ready", photo.progress);
  if (photo.state === "asking") ask(photo);
  if (photo.state === "done") await follow(photo);
  queue.wake();
}

function isBusy({ state }: Photo): boolean {
  return state === "waiting" || state === "working";
}

/** Shows the newest colours of the open photograph. */
async function refresh(photo: Photo): Promise<void> {
  if (photo === album.open) await showPhoto(photo);
}

album.onChange((photo) => {
  if (photo?.state === "failed" && photo !== album.open) freeOthers(modelsInUse());
  if (!photo || photo !== album.open || photo.state === seen) return;
  seen = photo.state;
  if (isBusy(photo)) endNeed();
  else hideProgress();
  showWaiting(isBusy(photo));
  if (photo.state === "done") void finish(photo);
  else if (photo.state === "asking") ask(photo);
  else if (photo.state === "failed") void giveUp(photo);
});

async function finish(photo: Photo): Promise<void> {
  // What the panel shows is of other colours, unless it waits for these.
  if (!page.layers.ariaBusy) page.profile.open = false;
  await refresh(photo);
  await follow(photo);
  freeOthers(modelsInUse());
}

/** Brings the colours in line with settings that the visitor changed while others were computed, or before another photograph was opened. */
async function follow(photo: Photo): Promise<void> {
  if (isBehind(photo)) await adjust.apply(photo);
}

/** Whether the colours of a photograph are of other settings than it has now. */
function isBehind({ colours, saved, settings }: Photo): boolean {
  const kept = colours ?? saved;
  return kept !== undefined && !sameSettings(kept.settings, settings.now);
}

/** The models of the photographs that are open or still to be coloured, and of those to come. */
function modelsInUse(): Set<string> {
  const used = album.photos.filter((photo) => photo === album.open || ["waiting", "working"].includes(photo.state));
  const settings = used.flatMap(({ settings, colours }) =>
    colours ? [settings.now, colours.settings] : [settings.now],
  );
  return new Set([chosenModel(), ...settings.map(({ model }) => model)]);
}

/** Whether to colour a photograph that has colours is the visitor's choice. */
function ask(photo: Photo): void {
  showNeed(`“${photo.name}” seems to be in colour already.`, {
    label: "Colour it anyway",
    run: () => colourAnyway(photo),
  });
}

/** Turns the open photograph, and colours it again. */
export async function turnOpen(): Promise<void> {
  const { open: photo } = album;
  if (!photo) return;
  page.turn.disabled = true;
  showProgress(photo.name, "Being turned", 0);
  try {
    const changes = await turn(photo);
    if (!album.has(photo)) return;
    queue.stop(photo);
    pins.choose(undefined);
    album.change(photo, changes);
    if (photo === album.open) await open(photo);
    else queue.wake();
  } catch (error) {
    hideProgress();
    await fail(error, photo);
  } finally {
    page.turn.disabled = false;
  }
}

export function colourAnyway(photo: Photo): void {
  photo.confirmed = true;
  queue.again(photo);
}

/** The open photograph could not be coloured: its former colours stay, or another photograph comes back, or it stays in grey. Its model gives its memory back. */
async function giveUp(photo: Photo): Promise<void> {
  await goBack(photo);
  freeOthers(modelsInUse());
}

async function goBack(photo: Photo): Promise<void> {
  const failure = photo.failure!;
  if (photo.colours ?? photo.saved) {
    if (isBehind(photo)) photo.settings.drop();
    chooseModel(photo.settings.now.model);
    album.change(photo, { state: "done" });
    showSettings(photo);
    return showMessage(failure, remedyOf(failure));
  }
  const usable = (other: Photo): boolean => other !== photo && !["failed", "checking"].includes(other.state);
  const other = previous && album.has(previous) ? previous : album.photos.find(usable);
  if (!other) return showNeed(failure, remedyOf(failure, photo));
  chooseModel(other.settings.now.model);
  await open(other);
  showMessage(failure, album.has(photo) ? remedyOf(failure, photo) : undefined);
}

export function close(): void {
  album.open = previous = undefined;
  hideProgress();
  endNeed();
  hideMessage();
  press(page.samples);
  showWelcome();
}

/** Whether there are colours that were not saved as they are. New ones that are being made do not count. */
function hasUnsavedColours(photo: Photo): boolean {
  const { settings } = photo.colours ?? photo.saved ?? {};
  return settings !== undefined && isUnsaved(photo) && !(photo.taken && sameSettings(photo.taken, settings));
}

export function remove(photo: Photo): void {
  if (hasUnsavedColours(photo) && !confirm(`Close “${photo.name}”? Its colours are not saved.`)) return;
  const at = album.photos.indexOf(photo);
  queue.stop(photo);
  album.remove([photo]);
  if (photo === previous) previous = undefined;
  if (photo !== album.open) return;
  const next = album.photos[at] ?? album.photos[at - 1];
  if (next && next.state !== "failed") void open(next);
  else close();
}

export async function fail(error: unknown, { name }: Photo): Promise<void> {
  console.error(error);
  const failure = await explain(error, name);
  showMessage(failure, remedyOf(failure));
}
