/** The photograph inside <colorize-canvas>, as it was before it is coloured: where it comes from, and which element shows it. */
import { ImageError, InputError } from "../base/errors";
import { abortable } from "../base/abortable";
import { withheldPixels, type ColorizeSource } from "../image/source";
import { draw, isDrawnAtOnce, unreadable, type Drawable } from "./draw";
import { slottedImage, type SlottedChange } from "./slotted-image";

/** Where the photograph comes from: an address, pixels given by a script, or an <img> in the page. */
export type Origin =
  | { readonly src: string; readonly crossOrigin: "anonymous" | "use-credentials" }
  | { readonly source: ColorizeSource }
  | { readonly slotted: HTMLImageElement };

/** What an element names as its photograph. */
export interface Named {
  readonly source: ColorizeSource | null;
  readonly src: string;
  readonly crossOrigin: "anonymous" | "use-credentials" | null;
}

/** The elements that show photographs; one at a time is visible. */
export interface Frames {
  readonly img: HTMLImageElement;
  /** For pixels that have no address. */
  readonly still: HTMLCanvasElement;
  /** For an <img> in the page. */
  readonly slot: HTMLSlotElement;
}

export class Photograph {
  readonly #frames: Frames;
  #origin: Origin | undefined;
  #loading: Promise<ColorizeSource> | undefined;
  #ended = new AbortController();
  /** Whether there are pixels to see. */
  decoded = false;
  /** Address of the <img> of the page that was read. */
  #read: string | undefined;

  constructor(frames: Frames) {
    this.#frames = frames;
  }

  get origin(): Origin | undefined {
    return this.#origin;
  }

  /** A name for its file, or the address that has one. */
  get name(): string {
    const origin = this.#origin;
    if (!origin) return "";
    if ("source" in origin) return origin.source instanceof File ? origin.source.name : "";
    return "src" in origin ? origin.src : origin.slotted.currentSrc;
  }

  /** Whether this is the photograph that comes from there; of an <img> in the page, whatever picture it shows. */
  isOf(origin: Origin | undefined): boolean {
    const now = this.#origin;
    if (!now || !origin) return now === origin;
    if ("slotted" in now) return "slotted" in origin && now.slotted === origin.slotted;
    if ("source" in now) return "source" in origin && now.source === origin.source;
    return "src" in origin && now.src === origin.src && now.crossOrigin === origin.crossOrigin;
  }

  /** The width in pixels; 0 where it is not there. */
  get width(): number {
    const { img, still } = this.#frames;
    if (this.#origin && "slotted" in this.#origin) return this.#origin.slotted.naturalWidth;
    return still.width || img.naturalWidth;
  }

  /** Where the photograph of an element comes from now. */
  originOf({ source, src, crossOrigin }: Named): Origin | undefined {
    if (source !== null) return { source };
    if (src !== "") return { src, crossOrigin: crossOrigin ?? "anonymous" };
    const slotted = slottedImage(this.#frames.slot);
    return slotted && { slotted };
  }

  /** Whether a change of an <img> of the page made it another photograph than the one that was read. */
  isReplaced(element: Named, change: SlottedChange): boolean {
    const origin = this.originOf(element);
    if (origin && !("slotted" in origin)) return false;
    if (change === "slotted") return !this.isOf(origin);
    return change === "address" || (this.#read !== undefined && this.#read !== origin?.slotted.currentSrc);
  }

  /** Takes another photograph, which load() shows. Pixels are copied at once, so a video frame or bitmap may be closed afterwards. */
  change(origin: Origin | undefined): void {
    this.#ended.abort();
    this.#ended = new AbortController();
    this.#loading = undefined;
    this.#origin = origin;
    this.decoded = false;
    this.#read = undefined;
    const { img, still, slot } = this.#frames;
    still.width = still.height = 0;
    still.hidden = true;
    slot.hidden = !origin || !("slotted" in origin); // an <img> of the page is there before anything is loaded
    // As in any <img>, the picture before stays until the next one has arrived.
    if (!origin || !("src" in origin)) {
      img.hidden = true;
      img.removeAttribute("src");
    }
    if (origin && "source" in origin && isDrawnAtOnce(origin.source)) draw(still, origin.source);
  }

  /**
   * Shows the photograph and resolves, when it is decoded, with what the colorizer reads. Later calls join the first until it
   * fails. Throws ImageError or InputError, or an AbortError when another photograph takes its place. A photograph of another
   * site without CORS is shown, but throws ImageError because its pixels are not readable.
   */
  load(): Promise<ColorizeSource> {
    if (this.#loading) return this.#loading;
    const { signal } = this.#ended;
    const loading = abortable(this.#load(signal), signal);
    this.#loading = loading;
    loading.then(
      () => (this.decoded = true),
      () => {
        if (this.#loading === loading) this.#loading = undefined;
      },
    );
    return loading;
  }

  /** The photograph as a canvas draws it. Throws as load(). */
  async drawable(): Promise<Drawable> {
    const source = await this.load();
    return source instanceof Blob ? this.#frames.img : source;
  }

  async #load(signal: AbortSignal): Promise<ColorizeSource> {
    const { img, still } = this.#frames;
    const origin = this.#origin;
    if (!origin)
      throw new InputError({
        where: "colorize-canvas",
        expected: "a photograph",
        received: "none",
        hint: "Set `src` or `source`, or put an <img> into the element.",
      });
    if ("src" in origin) {
      img.hidden = false;
      return showAddress(img, origin, signal, () => (this.decoded = true));
    }
    if ("slotted" in origin)
      return readSlotted(origin.slotted, signal, () => {
        this.decoded = true;
        this.#read = origin.slotted.currentSrc;
      });
    const { source } = origin;
    if (source instanceof Blob) {
      img.hidden = false;
      return showBlob(img, source, signal);
    }
    if (!isDrawnAtOnce(source)) {
      // an <img> that may still be loading
      await source.decode().catch((cause: unknown) => {
        throw unreadable(source.currentSrc || "source", cause);
      });
      signal.throwIfAborted();
      draw(still, source);
    }
    still.hidden = false;
    if ("data" in source) return source;
    if (still.width > 0 && still.height > 0) return still;
    throw new ImageError({
      where: "source",
      expected: "a picture",
      received: "one without pixels",
      hint: "Set a <video> after its event `loadeddata`, and a frame or bitmap before it is closed.",
    });
  }
}

async function showAddress(
  img: HTMLImageElement,
  { src, crossOrigin }: { readonly src: string; readonly crossOrigin: string },
  signal: AbortSignal,
  seen: () => void,
): Promise<HTMLImageElement> {
  img.crossOrigin = crossOrigin; // asks for readable pixels
  img.src = src;
  try {
    await img.decode();
    return img;
  } catch (cause) {
    signal.throwIfAborted();
    img.crossOrigin = null; // loads it once more, as an <img> does without CORS
    await img.decode().catch(() => {
      signal.throwIfAborted();
      img.hidden = true;
      throw unreadable(src, cause);
    });
    signal.throwIfAborted();
    seen();
    throw withheldPixels(src, "one of another site without the header Access-Control-Allow-Origin", cause);
  }
}

/** The address of the file is freed when the photograph is decoded: the <img> keeps what it needs. */
async function showBlob(img: HTMLImageElement, file: Blob, signal: AbortSignal): Promise<Blob | HTMLImageElement> {
  const address = URL.createObjectURL(file);
  try {
    img.src = address;
    await img.decode();
    // Browsers decode a file on any thread, but no vector graphics.
    return file.type.startsWith("image/svg") ? img : file;
  } catch (cause) {
    signal.throwIfAborted();
    img.hidden = true;
    throw unreadable("name" in file ? String(file.name) : "source", cause);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The <img> of the page itself, or, where it was loaded without CORS from another site, a copy with CORS. */
async function readSlotted(img: HTMLImageElement, signal: AbortSignal, seen: () => void): Promise<HTMLImageElement> {
  await loaded(img, signal);
  if (img.naturalWidth === 0) throw unreadable(img.currentSrc || img.src, undefined);
  seen();
  const address = img.currentSrc;
  const own = new URL(address, document.baseURI).origin === location.origin || /^(data|blob):/.test(address);
  if (own || img.crossOrigin !== null) return img;
  const copy = new Image();
  copy.crossOrigin = "anonymous";
  copy.src = address;
  await copy.decode().catch((cause: unknown) => {
    throw withheldPixels(address, "one of another site without the header Access-Control-Allow-Origin", cause);
  });
  return copy;
}

/** Waits until an <img> has a picture or failed; one with loading="lazy" waits until it is near the viewport. */
async function loaded(img: HTMLImageElement, signal: AbortSignal): Promise<void> {
  if (img.complete && img.currentSrc !== "") return;
  await new Promise<void>((resolve) => {
    for (const type of ["load", "error"]) img.addEventListener(type, () => resolve(), { once: true, signal });
  });
}
