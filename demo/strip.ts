/** The album as a strip of thumbnails, each with its state. */
import type { Album, Photo, PhotoState } from "./album";
import { dragOut } from "./drag-out";
import { element } from "./make-element";
import { page } from "./view";

const STATE_TEXT: Readonly<Record<PhotoState, string>> = {
  checking: "being read",
  waiting: "waiting",
  working: "is being coloured",
  done: "in colour",
  failed: "failed",
  asking: "already in colour",
};

interface Handlers {
  readonly open: (photo: Photo) => void;
  readonly remove: (photo: Photo) => void;
}

export class Strip {
  readonly #album: Album;
  readonly #handlers: Handlers;
  readonly #items = new Map<Photo, HTMLLIElement>();
  /** The thumbnail that each item shows. Its address is revoked when another one takes its place, or the item goes. */
  readonly #shown = new WeakMap<Photo, Photo["thumbnail"]>();

  constructor(album: Album, handlers: Handlers) {
    this.#album = album;
    this.#handlers = handlers;
  }

  /** Follows the album from now on. */
  watch(): void {
    this.#album.onChange((photo) => {
      if (photo) this.#update(photo);
      else this.#updateAll();
      this.#count();
    });
  }

  #updateAll(): void {
    const { photos } = this.#album;
    const here = new Set(photos);
    for (const [photo, item] of this.#items)
      if (!here.has(photo)) {
        URL.revokeObjectURL(item.querySelector("img")!.src);
        item.remove();
        this.#items.delete(photo);
      }
    for (const photo of photos) {
      if (!this.#items.has(photo)) {
        const item = this.#newItem(photo);
        this.#items.set(photo, item);
        page.strip.append(item);
      }
      this.#update(photo);
    }
    const many = photos.length > 1;
    page.album.hidden = !many;
    page.applyToAll.hidden = !many;
    document.body.classList.toggle("with-album", many);
  }

  #newItem(photo: Photo): HTMLLIElement {
    const item = element("li");
    const open = element("button", "", { type: "button", className: "open" });
    const remove = element("button", "×", { type: "button", className: "remove" });
    remove.setAttribute("aria-label", `Close ${photo.name}`);
    const image = element("img", "", { alt: "", hidden: true });
    const state = element("span", "", { className: "state" });
    const name = element("span", photo.name, { className: "name" });
    open.append(image, state, name);
    dragOut(open, () => photo);
    open.addEventListener("click", () => this.#handlers.open(photo));
    remove.addEventListener("click", () => {
      const focused = document.activeElement === remove;
      const next = item.nextElementSibling ?? item.previousElementSibling;
      this.#handlers.remove(photo);
      if (this.#album.has(photo)) return;
      const place = page.album.hidden ? page.stage : next?.querySelector<HTMLElement>(".remove");
      if (focused) place?.focus({ preventScroll: true });
    });
    item.append(open, remove);
    return item;
  }

  #update(photo: Photo): void {
    const item = this.#items.get(photo);
    if (!item) return;
    const open = item.querySelector<HTMLButtonElement>(".open")!;
    const image = item.querySelector("img")!;
    if (photo.thumbnail && photo.thumbnail !== this.#shown.get(photo)) {
      this.#shown.set(photo, photo.thumbnail);
      URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(photo.thumbnail.file);
      image.hidden = false;
    }
    item.dataset["state"] = photo.state;
    item.style.setProperty("--done", `${100 * photo.progress}%`);
    open.setAttribute("aria-label", `${photo.name}: ${STATE_TEXT[photo.state]}`);
    open.title = photo.failure && photo.state === "failed" ? photo.failure.text : photo.name;
    if (photo === this.#album.open) {
      if (!open.hasAttribute("aria-current"))
        page.strip.scrollTo({ left: item.offsetLeft - page.strip.clientWidth / 2 });
      open.setAttribute("aria-current", "true");
    } else open.removeAttribute("aria-current");
  }

  #count(): void {
    const { photos } = this.#album;
    const number = (...states: PhotoState[]): number => photos.filter(({ state }) => states.includes(state)).length;
    const [done, failed, asking] = [number("done"), number("failed"), number("asking")];
    const busy = number("checking", "waiting", "working");
    const parts = [`${done} of ${photos.length} in colour`];
    if (failed) parts.push(`${failed} failed`);
    if (asking) parts.push(`${asking} left as ${asking === 1 ? "it is" : "they are"}: already in colour`);
    const text = parts.join(", ");
    if (page.count.textContent !== text) page.count.textContent = text;
    page.pause.hidden = busy === 0;
    page.retry.hidden = failed === 0;
    page.colourAsking.hidden = asking === 0;
    page.colourAsking.textContent = asking === 1 ? "Colour it anyway" : "Colour them anyway";
  }
}
