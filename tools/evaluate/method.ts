/** The interface of a method: it returns a coloured picture for a grey one. */
import type { Size } from "../../src/base/size";
import type { Pixels } from "../../src/node/images";
import type { Truth } from "./metrics";

/** One photograph of the evaluation. */
export interface Photograph {
  readonly name: string;
  /** The grey picture, at the measured size. */
  readonly grey: Pixels;
  /** The photograph itself, at that size; for what stands in for a person who knows its colours. */
  readonly truth: Truth;
  /** Size of the picture in the file. */
  readonly original: Size;
}

/** An embedding in the GPU's storage type. */
export type Embedding = Uint8Array;

export interface Coloured {
  readonly picture: Pixels;
  /** The embedding, where the method has one. */
  readonly embedding?: Embedding;
}

export interface Method {
  /** The name in tables, unique within a run. */
  readonly name: string;
  /** Facts for readers of the report: files, sizes, adapter. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** A picture of the size of `photograph.grey`. Throws EngineErrors. */
  colorize(photograph: Photograph): Promise<Coloured>;
  /** The same with the embedding of another photograph. */
  colorizeWith?(photograph: Photograph, embedding: Embedding): Promise<Pixels>;
  dispose(): void;
}
