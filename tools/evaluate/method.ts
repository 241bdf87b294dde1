/** What is measured: anything that gives a coloured picture for a grey one. */
import type { Pixels } from "../../src/node/images";
import type { Size } from "./pictures";

/** One photograph of the evaluation. */
export interface Photograph {
  readonly name: string;
  /** At the size that is measured. */
  readonly grey: Pixels;
  /** As it was in its file. */
  readonly original: Size;
}

/** Numbers of an embedding as the GPU stores them. */
export type Embedding = Uint8Array;

export interface Coloured {
  readonly picture: Pixels;
  /** Where the method has one. */
  readonly embedding?: Embedding;
}

export interface Method {
  /** As it stands in tables; no two methods of a run share it. */
  readonly name: string;
  /** What a reader of the report should know: files, sizes, adapter. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** A picture of the size of `photograph.grey`. Throws EngineErrors. */
  colorize(photograph: Photograph): Promise<Coloured>;
  /** The same with the embedding of another photograph. */
  colorizeWith?(photograph: Photograph, embedding: Embedding): Promise<Pixels>;
  dispose(): void;
}
