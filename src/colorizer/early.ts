/** The time in which not all is loaded, and a first picture is coloured: by the mean embedding, or at a smaller size. */
import { abortable } from "../base/abortable";
import { callOut } from "../gpu/explain";
import { adapterClass } from "../graph/lower/conv-choice";
import { openSource, type ColorizeSource, type PixelSource } from "../image/source";
import { smallerSize } from "./network-inputs";
import type { ColorizeOptions } from "./options";
import type { ColorizeResult } from "./result";
import type { Manifest } from "../weights/model/manifest";

/** Milliseconds for which the embedder waits for a first picture before it is compiled. */
const PATIENCE = 500;

/** Pixels of a side that suffice for a first picture. */
const SUFFICE = 96;

/**
 * The working size of a first picture on software drivers, where a picture takes seconds: half of the model's, and no more than SUFFICE where the
 * network takes so few. Undefined: the model's own.
 */
export function firstSize(manifest: Manifest, { adapterInfo }: GPUDevice): number | undefined {
  if (adapterClass(adapterInfo).kind !== "cpu") return undefined;
  const { multiple, pixels } = manifest.colorizer.size;
  const first = smallerSize(manifest, Math.min(pixels, 2 * Math.max(SUFFICE, multiple)));
  return first === pixels ? undefined : first;
}

/** What colours a first picture. */
interface Loading {
  readonly manifest: Manifest;
  readonly device: GPUDevice;
  /** Resolves when all networks are loaded. */
  readonly complete: Promise<void>;
}

/** Colours an opened picture. */
type Picture = (open: () => Promise<PixelSource>, options: ColorizeOptions) => Promise<ColorizeResult>;

export class EarlyTime {
  /** Whether all networks are loaded. */
  over = false;
  /** Whether a first picture was asked for. */
  #colouring = false;
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => (this.#end = resolve));

  /** Resolves after the first picture, with which compiling would share the processor, or when none was asked for in some time. */
  async wait(): Promise<void> {
    const timer = setTimeout(() => this.#colouring || this.#end(), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Colours a picture when the networks are complete; before that a first picture, where the caller wants it. */
  async colorize(
    source: ColorizeSource,
    options: ColorizeOptions,
    { manifest, device, complete }: Loading,
    picture: Picture,
  ): Promise<ColorizeResult> {
    const { signal, onEarly, size = firstSize(manifest, device) } = options;
    if (this.over || !onEarly) {
      await abortable(complete, signal);
      return picture(() => openSource(source), options);
    }
    this.#colouring = true;
    let pixels: PixelSource | undefined;
    try {
      const opened = (pixels = await openSource(source));
      const open = (): Promise<PixelSource> => Promise.resolve({ ...opened, close() {} });
      const first = await picture(open, { ...options, size, onStage: undefined });
      this.#end();
      callOut(onEarly, first);
      await abortable(complete, signal);
      return await picture(open, options);
    } catch (error) {
      this.#end();
      pixels?.close();
      throw error;
    }
  }
}
