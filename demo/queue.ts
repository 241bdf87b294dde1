/** Colours the photographs of an album one after another, the open one first. */
import type { ColorizeResult, ColorizeStage } from "../src/index";
import type { Album, Colours, Photo } from "./album";
import { factsOf, fileOf, sizeOption } from "./colours";
import { isLoaded, loadModel } from "./models";
import { isInColour, readable, smallCopy, smallPixels, thumbnailOf } from "./photograph";
import { colouringStep, loadingStep, type Step } from "./steps";
import { readPage } from "./tiff";
import { explain, failure, isUnreadable, NotColoured } from "./words";

export class Queue {
  readonly #album: Album;
  readonly #onStep: (photo: Photo, step: Step) => void;
  readonly #onFirst: (photo: Photo, first: ColorizeResult) => void;
  #job: { readonly photo: Photo; readonly model: string; readonly stop: AbortController } | undefined;
  /** Whether photographs other than the open one wait until the visitor goes on. */
  #paused = false;
  /** A finished picture is written to a file while the next one is coloured; no more than one. */
  #keeping: Promise<void> = Promise.resolve();

  /** `onFirst` is called with a first picture of the open photograph, see ColorizeOptions.onEarly. */
  constructor(
    album: Album,
    onStep: (photo: Photo, step: Step) => void,
    onFirst: (photo: Photo, first: ColorizeResult) => void,
  ) {
    this.#album = album;
    this.#onStep = onStep;
    this.#onFirst = onFirst;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Stops after the open photograph. */
  pause(): void {
    this.#paused = true;
    if (this.#job && this.#job.photo !== this.#album.open) this.#job.stop.abort();
  }

  resume(): void {
    this.#paused = false;
    void this.#work();
  }

  /** Colours what waits. Work on another photograph is put back while the open one waits. */
  wake(): void {
    if (this.#album.open?.state === "waiting" && this.#job?.photo !== this.#album.open) this.#job?.stop.abort();
    void this.#work();
  }

  /** Colours a photograph by its current settings, whatever was done for it. */
  again(photo: Photo): void {
    this.stop(photo);
    this.#album.change(photo, { state: "waiting", progress: 0 });
    this.wake();
  }

  /** Whether a photograph is being coloured, or is about to be, by the model of its settings. */
  isColouring(photo: Photo): boolean {
    if (photo.state === "checking" || photo.state === "waiting") return true;
    // A photograph that is done stays in its job until its colours may be kept.
    if (photo.state !== "working") return false;
    return this.#job?.photo === photo && this.#job.model === photo.settings.now.model;
  }

  /**
   * The colours of a photograph, which only the open one keeps: others are coloured again. Rejects with NotColoured where that fails, and
   * with an AbortError when the photograph is closed.
   */
  coloursOf(photo: Photo): Promise<Colours> {
    if (photo.colours) return Promise.resolve(photo.colours);
    return new Promise((resolve, reject) => {
      const stop = this.#album.onChange((changed) => {
        const closed = !this.#album.has(photo);
        if (!closed && (changed !== photo || photo.state === "waiting" || photo.state === "working")) return;
        stop();
        if (photo.colours) resolve(photo.colours);
        else if (closed) reject(new DOMException("the photograph was closed", "AbortError"));
        else reject(photo.failure ? new NotColoured(photo.failure) : new Error("the work was stopped"));
      });
      if (!this.isColouring(photo)) this.again(photo);
    });
  }

  /** Ends the work on this photograph. */
  stop(photo: Photo): void {
    if (this.#job?.photo === photo) this.#job.stop.abort();
  }

  #next(): Photo | undefined {
    const { open, photos } = this.#album;
    if (open?.state === "waiting") return open;
    return this.#paused ? undefined : photos.find(({ state }) => state === "waiting");
  }

  async #work(): Promise<void> {
    if (this.#job) return;
    for (let photo = this.#next(); photo; photo = this.#next()) {
      const stop = new AbortController();
      this.#job = { photo, model: photo.settings.now.model, stop };
      this.#album.change(photo, { state: "working", progress: 0 });
      try {
        await this.#colour(photo, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) {
          if (photo.state === "working") this.#album.change(photo, { state: "waiting" });
        } else {
          console.error(error);
          this.#album.change(photo, { state: "failed", failure: await explain(error, photo.name) });
        }
      }
    }
    this.#job = undefined;
  }

  async #colour(photo: Photo, signal: AbortSignal): Promise<void> {
    const settings = photo.settings.now;
    const step = (now: Step): void => {
      if (signal.aborted) return;
      this.#album.change(photo, { progress: now.done });
      this.#onStep(photo, now);
    };
    step({ text: "Getting ready", done: 0 });
    await readPage(photo);
    photo.inColour ??= isInColour(await smallCopy(photo));
    signal.throwIfAborted();
    if (photo.inColour && !photo.confirmed) return this.#album.change(photo, { state: "asking" });
    const { model, saturation, warmth, hints } = settings;
    const loaded = isLoaded(model);
    const loading = loadModel(model, (progress) => step(loadingStep(model, progress)));
    const colorizer = await untilAborted(loading, signal);
    const onStage = (stage: ColorizeStage): void => step(colouringStep(stage, loaded));
    const onEarly = (first: ColorizeResult): void => this.#onFirst(photo, first);
    const options = { signal, saturation, warmth, hints, onStage, ...sizeOption({ colorizer, settings }) };
    const first = photo === this.#album.open && { onEarly };
    const result = await colorizer.colorize(await readable(photo), { ...options, ...first });
    const colours = { result, colorizer, settings };
    const thumbnail = await thumbnailInColour(colours);
    signal.throwIfAborted();
    const facts = factsOf(colours);
    this.#album.change(photo, { state: "done", colours, thumbnail, facts, saved: undefined, progress: 1 });
    if (photo !== this.#album.open) await this.keep(photo);
  }

  /** Writes the colours of a photograph that is not open to a file, and frees their memory. Resolves when it may start. */
  async keep(photo: Photo): Promise<void> {
    await this.#keeping;
    this.#keeping = this.#write(photo);
  }

  async #write(photo: Photo): Promise<void> {
    const { colours } = photo;
    if (!colours || photo === this.#album.open || !this.#album.has(photo)) return;
    try {
      await fileOf(photo);
      if (photo.thumbnail?.settings !== colours.settings)
        this.#album.change(photo, { thumbnail: await thumbnailInColour(colours) });
    } catch (error) {
      console.error(error);
      const text = `“${photo.name}” could not be kept. It may be too large for this browser's memory.`;
      const why = isUnreadable(error) ? await explain(error, photo.name) : failure(text, error);
      this.#album.change(photo, { state: "failed", failure: why, colours: undefined });
    }
    if (photo.colours !== colours) return this.#write(photo); // newer ones came meanwhile
    if (photo !== this.#album.open) photo.colours = undefined;
  }
}

async function thumbnailInColour({ result, settings }: Colours): Promise<Photo["thumbnail"]> {
  return { file: await thumbnailOf(smallPixels(result)), settings };
}

/** Rejects with the signal's reason when it is aborted, while the promise goes on. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
