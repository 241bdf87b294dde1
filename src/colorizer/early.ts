/** The time in which the colorizer network is loaded and the embedder is not: a first picture is coloured by the mean embedding. */
import { abortable } from "../base/abortable";
import { callOut } from "../gpu/explain";
import { openSource, type ColorizeSource, type PixelSource } from "../image/source";
import type { ColorizeOptions } from "./options";
import type { ColorizeResult } from "./result";

/** Milliseconds for which the embedder waits for a first picture before it is compiled. */
const PATIENCE = 500;

/** Colours an opened picture. `first`: by the mean embedding. */
type Picture = (open: () => Promise<PixelSource>, first: boolean) => Promise<ColorizeResult>;

export class EarlyTime {
  /** Whether all networks are loaded. */
  over = false;
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => (this.#end = resolve));

  /** Resolves after a first picture, or when none has come for some time. `running` resolves when no picture runs. */
  async wait(running: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => void running().then(this.#end), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Colours a picture when the networks are `complete`; before that first by the mean embedding, where the caller wants it. */
  async colorize(
    source: ColorizeSource,
    { signal, onEarly }: ColorizeOptions,
    complete: Promise<void>,
    picture: Picture,
  ): Promise<ColorizeResult> {
    if (this.over || !onEarly) {
      await abortable(complete, signal);
      return picture(() => openSource(source), false);
    }
    const pixels = await openSource(source);
    const open = (): Promise<PixelSource> => Promise.resolve({ ...pixels, close() {} });
    try {
      const first = await picture(open, true).finally(this.#end);
      callOut(onEarly, first);
      await abortable(complete, signal);
      return await picture(open, false);
    } catch (error) {
      pixels.close();
      throw error;
    }
  }
}
