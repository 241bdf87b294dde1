/** The photographs that the visitor opened, in the order they came, and what is known of each. */
import type { ColorHint, ColorizeResult, PhotoColorizer } from "../src/index";
import { History } from "./history";
import type { Failure } from "./words";

/**
 * "checking": the file is being read for the first time. "asking": the photograph is in colour already, and the visitor has not said
 * what to do with it.
 */
export type PhotoState = "checking" | "waiting" | "working" | "done" | "failed" | "asking";

/** What the visitor can set for a photograph. */
export interface Settings {
  readonly model: string;
  /** As the library's options of these names. */
  readonly saturation: number;
  readonly warmth: number;
  /** The working size, as the library's option `size`; undefined for the model's own. */
  readonly size: number | undefined;
  /** Colours that the visitor set, in pixels of the photograph. A change makes another list. */
  readonly hints: readonly ColorHint[];
}

/** Colours at full size. They take much memory, so only the open photograph keeps them; the others keep a file. */
export interface Colours {
  readonly result: ColorizeResult;
  readonly colorizer: PhotoColorizer;
  readonly settings: Settings;
}

export interface Photo {
  /** A file of the visitor, or the address of a sample. A page of a TIFF file is a file of its own once it was read. */
  source: Blob | string;
  /** The position of the page in a TIFF file that is still the source. */
  page?: number | undefined;
  readonly name: string;
  settings: History<Settings>;
  state: PhotoState;
  /** Decoded, while the photograph is open. */
  image?: HTMLImageElement;
  /** A small picture: grey, then in colour by these settings. */
  thumbnail?: { readonly file: Blob; readonly settings?: Settings };
  /** 0 to 1, while it is being coloured. */
  progress: number;
  /** Why it failed. */
  failure?: Failure;
  /** Whether the photograph has colours of its own; undefined until it was read. */
  inColour?: boolean;
  /** Whether the visitor wants it coloured although it has colours. */
  confirmed: boolean;
  colours?: Colours;
  /** The coloured picture as JPEG, and the settings that it was made by. */
  saved?: { readonly file: Blob; readonly settings: Settings };
  /** The settings of the file that the visitor saved last. */
  taken?: Settings;
  /** How it was coloured, in one line. */
  facts: string;
}

export class Album {
  #photos: Photo[] = [];
  /** Called with the photograph that changed, or without one after photographs came or went. */
  readonly #listeners = new Set<(photo?: Photo) => void>();
  /** The photograph on the stage. */
  #open: Photo | undefined;

  get photos(): readonly Photo[] {
    return this.#photos;
  }

  get open(): Photo | undefined {
    return this.#open;
  }
  set open(photo: Photo | undefined) {
    this.#open = photo;
    this.#tell();
  }

  has(photo: Photo): boolean {
    return this.#photos.includes(photo);
  }

  /** Many that come together are one change. */
  add(photos: readonly Photo[]): void {
    this.#photos.push(...photos);
    this.#tell();
  }

  remove(photos: readonly Photo[]): void {
    const gone = new Set(photos);
    this.#photos = this.#photos.filter((photo) => !gone.has(photo));
    this.#tell();
  }

  change(photo: Photo, values: Partial<Photo>): void {
    Object.assign(photo, values);
    if (this.has(photo)) this.#tell(photo);
  }

  /** Returns a function that ends it. */
  onChange(listener: (photo?: Photo) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(photo?: Photo): void {
    for (const listener of this.#listeners) listener(photo);
  }
}

export function newPhoto({ source, name, page }: Pick<Photo, "source" | "name" | "page">, settings: Settings): Photo {
  return {
    source,
    name,
    page,
    settings: new History(settings),
    state: "checking",
    progress: 0,
    confirmed: false,
    facts: "",
  };
}

/** Whether both mean the same picture. */
export function sameSettings(a: Settings, b: Settings): boolean {
  return (
    a.model === b.model &&
    a.saturation === b.saturation &&
    a.warmth === b.warmth &&
    a.size === b.size &&
    a.hints === b.hints
  );
}

/** Whether work on a photograph of the visitor's own is lost with the page: it goes on, or its colours were not saved as they are now. */
export function isUnsaved({ source, state, taken, settings }: Photo): boolean {
  if (typeof source === "string") return false; // a sample
  if (state === "done") return taken === undefined || !sameSettings(taken, settings.now);
  return state === "checking" || state === "waiting" || state === "working";
}
