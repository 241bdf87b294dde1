/** The settings of the open photograph: the controls for saturation and warmth, undo and redo. */
import { sameSettings, type Album, type Photo, type Settings } from "./album";
import { factsOf, withLook } from "./colours";
import { checkModel } from "./models";
import { pins } from "./pins";
import type { Queue } from "./queue";
import { hideProgress, page, showProgress } from "./view";

/** Shows the settings of a photograph in the controls. */
export function showSettings(photo: Photo): void {
  const { settings } = photo;
  const { model, saturation, warmth, size } = settings.now;
  checkModel(model);
  page.size.value = String(size ?? "");
  page.saturation.valueAsNumber = saturation;
  page.saturationValue.value = `${Math.round(saturation * 100)} %`;
  page.warmth.valueAsNumber = warmth;
  page.warmthValue.value = `${warmth > 0 ? "+" : ""}${Math.round(warmth * 100)}`;
  page.warmth.setAttribute("aria-valuetext", warmthText(warmth));
  page.undo.disabled = !settings.canUndo;
  page.redo.disabled = !settings.canRedo;
  page.reset.disabled = saturation === 1 && warmth === 0;
  pins.show(photo);
}

function warmthText(warmth: number): string {
  if (warmth === 0) return "as predicted";
  return `${Math.round(Math.abs(warmth) * 100)} % ${warmth > 0 ? "warmer" : "cooler"}`;
}

export class Adjust {
  readonly #album: Album;
  readonly #queue: Queue;
  readonly #onColours: (photo: Photo) => void;
  readonly #onError: (error: unknown, photo: Photo) => void;
  /** Ends the rendering of settings that are no longer current. */
  #rendering = new AbortController();
  /** Whether a slider moves: its values are one step to undo. */
  #sliding = false;
  /** Ends the rendering of a choice that is no longer looked at. */
  #previewing = new AbortController();
  /** Whether the stage shows a choice that is only looked at. */
  #isPreview = false;

  /** `onColours`: the colours of this photograph are of other settings now. */
  constructor(
    album: Album,
    queue: Queue,
    onColours: (photo: Photo) => void,
    onError: (error: unknown, photo: Photo) => void,
  ) {
    this.#album = album;
    this.#queue = queue;
    this.#onColours = onColours;
    this.#onError = onError;
    for (const slider of [page.saturation, page.warmth]) {
      slider.addEventListener("input", () =>
        this.slide({ saturation: page.saturation.valueAsNumber, warmth: page.warmth.valueAsNumber }),
      );
      slider.addEventListener("change", () => this.settle());
    }
    page.size.addEventListener("change", () => this.set({ size: Number(page.size.value) || undefined }));
    page.undo.addEventListener("click", () => this.#step("undo"));
    page.redo.addEventListener("click", () => this.#step("redo"));
    page.reset.addEventListener("click", () => this.set({ saturation: 1, warmth: 0 }));
    page.applyToAll.addEventListener("click", () => this.#applyToAll());
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Changes settings of the open photograph, as one step to undo. */
  set(change: Partial<Settings>): void {
    const photo = this.#album.open;
    if (!photo) return;
    photo.settings.push({ ...photo.settings.now, ...change });
    void this.apply(photo);
  }

  /** The same while a slider moves: all changes until settle() are one step. */
  slide(change: Partial<Settings>): void {
    const photo = this.#album.open;
    if (!photo) return;
    const value = { ...photo.settings.now, ...change };
    if (this.#sliding) photo.settings.amend(value);
    else photo.settings.push(value);
    this.#sliding = true;
    void this.apply(photo);
  }

  settle(): void {
    this.#sliding = false;
  }

  /** Shows the open photograph with other hints, without a step to undo, while the visitor looks at a choice; without hints, as it is. */
  async preview(hints?: Settings["hints"]): Promise<void> {
    this.#previewing.abort();
    const photo = this.#album.open;
    const { colours } = photo ?? {};
    if (!photo || !colours) return;
    if (!hints) {
      if (this.#isPreview) this.#onColours(photo);
      this.#isPreview = false;
      return;
    }
    if (!sameSettings(colours.settings, photo.settings.now)) return; // newer colours are on their way
    const { signal } = (this.#previewing = new AbortController());
    try {
      const result = await colours.result.with({ hints }, { signal });
      if (signal.aborted || photo !== this.#album.open || photo.colours !== colours) return;
      this.#isPreview = true;
      await page.picture.show(result);
    } catch (error) {
      if (!signal.aborted) console.warn(error); // a press of the button says what is wrong
    }
  }

  #step(way: "undo" | "redo"): void {
    const photo = this.#album.open;
    if (!photo) return;
    photo.settings[way]();
    void this.apply(photo);
  }

  #onKey(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target === page.address) return;
    const key = event.key.toLowerCase();
    const way = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : undefined;
    if (!way || !this.#album.open) return;
    event.preventDefault();
    this.#step(way);
  }

  /** Gives all other photographs the settings of the open one, but for hints, which are at its places. */
  #applyToAll(): void {
    const from = this.#album.open;
    if (!from) return;
    for (const photo of this.#album.photos) {
      const settings = { ...from.settings.now, hints: photo.settings.now.hints };
      if (photo === from || sameSettings(photo.settings.now, settings)) continue;
      photo.settings.push(settings);
      if (photo.state === "working" || photo.state === "done") this.#queue.again(photo);
    }
  }

  /**
   * Brings the colours of a photograph in line with its settings: by the last stage, by the network alone for another working size, or
   * from the start for another model and for the model's own size.
   */
  async apply(photo: Photo): Promise<void> {
    showSettings(photo);
    this.#previewing.abort();
    this.#rendering.abort();
    const { signal } = (this.#rendering = new AbortController());
    const { colours } = photo;
    const { now } = photo.settings;
    // Then they are compared when it is done.
    if (this.#queue.isColouring(photo)) return;
    const otherSize = colours?.settings.size !== now.size;
    if (colours?.settings.model !== now.model || (otherSize && now.size === undefined)) return this.#queue.again(photo);
    if (otherSize && photo === this.#album.open) showProgress(photo.name, "Imagining its colours at another size", 0);
    try {
      const changed = await withLook(colours, photo, signal);
      if (signal.aborted || photo.colours !== colours) return;
      photo.colours = changed;
      if (otherSize) photo.facts = factsOf(changed);
      this.#isPreview = false;
      this.#onColours(photo);
    } catch (error) {
      if (signal.aborted) return;
      this.#onError(error, photo);
      if (!otherSize) return;
      photo.settings.drop();
      showSettings(photo);
    } finally {
      if (otherSize && !signal.aborted && photo === this.#album.open) hideProgress();
    }
  }
}
