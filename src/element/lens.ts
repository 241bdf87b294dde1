/** How the picture is looked at: the original or the coloured one, all of it or a part. */
import { Comparison, type CompareMode } from "./comparison";
import type { ElementParts } from "./parts";
import { textOf, type ColorizeTexts } from "./texts";
import { Zoom } from "./zoom";

interface Host {
  readonly parts: ElementParts;
  /** Whether text runs from right to left. */
  rightToLeft(): boolean;
  /** Pixels of the photograph in its width. */
  pixels(): number;
  /** Called when the original is shown in place of the coloured picture, and when no longer. */
  showsOriginal(shown: boolean): void;
  /** Called when the picture is zoomed, or moved while it is. */
  zoomed(scale: number): void;
}

export class Lens {
  readonly comparison: Comparison;
  readonly zoom: Zoom;

  constructor({ parts, pixels, rightToLeft, showsOriginal, zoomed }: Host) {
    this.comparison = new Comparison({ parts, rightToLeft, showsOriginal, view: () => this.zoom.view });
    this.zoom = new Zoom({
      parts,
      pixels,
      changed: (view, before) => {
        this.comparison.follow(view, before);
        zoomed(view.scale);
      },
      pinching: () => this.comparison.release(),
      doubled: () => this.comparison.takeBack(),
    });
  }

  /** Called for each change of these. `coloured`: whether there is a coloured picture, without which nothing is compared. */
  update(mode: CompareMode, coloured: boolean, zoomable: boolean, texts: ColorizeTexts): void {
    this.comparison.update(coloured ? mode : "off", coloured, texts);
    this.zoom.update(zoomable, textOf(texts, "zoom"));
  }
}
