/** The canvas of the coloured picture, and what draws on it. */
import { Pacer } from "../base/pacer";
import { ColorizeResult } from "../colorizer/result";
import type { Connection } from "../worker/connection";
import { BAND, draw, drawBands, type Drawable } from "./draw";

/** More pixels than this are drawn by a worker: at 40 million, Chromium's own tasks take 137 ms, so those of 8 million about 30. */
const LARGE = 2 ** 23;

/** Ends the workers of elements that were never in the page. */
const forgotten = new FinalizationRegistry((drawer: Connection) => drawer.close("forgotten"));

/**
 * Large results are drawn by a worker: without a GPU, Chromium fills the memory of a canvas in one task of the thread that draws, and copies it
 * to its compositor in another.
 */
export class ColourCanvas {
  #element: HTMLCanvasElement;
  /** The newest picture. */
  #shown: Drawable | undefined;
  /** The worker that owns the canvas, whose context the page cannot have any more. */
  #drawer: Connection | undefined;
  /** Whether the browser or the page's policy has no such worker. */
  #alone = false;

  constructor(element: HTMLCanvasElement) {
    this.#element = element;
  }

  /** Of two pictures it may not be the same. */
  get element(): HTMLCanvasElement {
    return this.#element;
  }

  /** Resolves when the picture is drawn, or another one is to be. `workers`: the folder of the package's workers; "": where the bundler put them. */
  async show(picture: Drawable, workers: string): Promise<void> {
    this.#shown = picture;
    const wanted = (): boolean => this.#shown === picture;
    const large = picture instanceof ColorizeResult && picture.width * picture.height > LARGE;
    if (large && !this.#alone) {
      const drawn = await this.#showElsewhere(picture, workers, wanted).catch(() => false);
      if (drawn || !wanted()) return;
    }
    if (this.#drawer) this.#renew();
    if (picture instanceof ColorizeResult) await drawBands(this.#element, picture, wanted);
    else draw(this.#element, picture);
  }

  /** Frees the pixels. */
  clear(): void {
    this.#shown = undefined;
    if (this.#drawer) this.#renew();
    this.#element.width = this.#element.height = 0;
  }

  /** Resolves with whether the worker has drawn the picture; rejects where it failed. */
  async #showElsewhere(
    { data, width, height }: ColorizeResult,
    workers: string,
    wanted: () => boolean,
  ): Promise<boolean> {
    const drawer = this.#drawer ?? (await (await import("../worker/drawer")).openDrawer(workers));
    if (!drawer) {
      this.#alone = true;
      return false;
    }
    const copy = new Uint8ClampedArray(data.length);
    const pacer = new Pacer();
    for (let at = 0; at < data.length && wanted(); at += 4 * BAND) {
      copy.set(data.subarray(at, at + 4 * BAND), at);
      await pacer.pause();
    }
    if (!wanted()) {
      if (drawer !== this.#drawer) drawer.close("not wanted");
      return false;
    }
    let canvas: OffscreenCanvas | undefined;
    const { element } = this;
    if (drawer !== this.#drawer || element.width !== width || element.height !== height) {
      this.#renew(drawer);
      Object.assign(this.#element, { width, height });
      canvas = this.#element.transferControlToOffscreen();
    }
    await drawer.call("draw", { canvas, data: copy, width }, { transfer: [copy.buffer, ...(canvas ? [canvas] : [])] });
    return true;
  }

  /** Puts an empty canvas in the place of the one before, for another owner. */
  #renew(drawer?: Connection): void {
    if (drawer !== this.#drawer) {
      this.#drawer?.close("another picture");
      forgotten.unregister(this);
      if (drawer) forgotten.register(this, drawer, this);
      this.#drawer = drawer;
    }
    const fresh = this.#element.cloneNode() as HTMLCanvasElement;
    fresh.width = fresh.height = 0;
    this.#element.replaceWith(fresh);
    this.#element = fresh;
  }
}
