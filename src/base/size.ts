/** Sizes and rectangles of pictures. */

export interface Size {
  /** Pixels or samples, at least 1. */
  readonly width: number;
  readonly height: number;
}

/** A rectangle of a picture, in pixels from its upper left corner. */
export interface Tile extends Size {
  readonly x: number;
  readonly y: number;
}
