/** The messages between a page and its worker. */
import type { Activations, LayerOptions } from "../colorizer/layers";
import type { ColorizeOptions, ColorizerOptions, ColorizerProfile } from "../colorizer/options";
import type { LikelyColor, Place } from "../colorizer/likely-colors";
import type { ResultChange, ResultFacts } from "../colorizer/result";
import type { ColorizeStage } from "../colorizer/stage-clock";
import type { ColorizeSource } from "../image/source";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { LoadProgress } from "../weights/model/progress";
import type { Manifest } from "../weights/model/manifest";
import type { SentError } from "./errors";

/** The options of Colorizer.load() that a worker can be given. */
export interface LoadOptions extends Pick<
  ColorizerOptions,
  "model" | "preset" | "precision" | "early" | "onProgress" | "signal" | "stallTimeout" | "hangTimeout"
> {
  /** As in ColorizerOptions, with its defaults. */
  readonly tune?: boolean;
  /** As in ColorizerOptions, whose published types leave it out. */
  readonly checkF16?: boolean;
  /**
   * "wasm", or the address of a folder with the files of onnxruntime-web: what runs the networks where there is no WebGPU or no device for
   * them, slowly. See docs/element.md. Default: nothing, so that loading fails there.
   */
  readonly fallback?: string;
  /** The address of the folder of this package's workers, for bundlers that do not find them. See docs/element.md. Default, and "": where the bundler put them. */
  readonly workers?: string;
}

/** What a page knows of a Colorizer in the worker. */
export interface LoadedFacts {
  readonly manifest: Manifest;
  readonly elem: Elem;
  readonly adapter: string;
}

/** Options without what only the page can call. */
type Plain<T> = Omit<T, "signal" | "onStage" | "onEarly" | "onProgress">;

/** Each call's arguments and answer. `colorizer` and `result` are the ids of the calls that made them. */
export interface Calls {
  load: { readonly arguments: Plain<LoadOptions>; readonly answer: LoadedFacts };
  /** Answered when all networks are loaded. */
  complete: { readonly arguments: { readonly colorizer: number }; readonly answer: undefined };
  colorize: {
    readonly arguments: {
      readonly colorizer: number;
      readonly source: ColorizeSource;
      readonly options: Plain<ColorizeOptions>;
      /** Whether to send the first picture, too. */
      readonly early: boolean;
    };
    readonly answer: ResultFacts;
  };
  change: {
    readonly arguments: { readonly result: number; readonly change: ResultChange };
    readonly answer: ResultFacts;
  };
  likelyColors: {
    readonly arguments: { readonly result: number; readonly place: Place };
    readonly answer: readonly LikelyColor[];
  };
  profile: {
    readonly arguments: {
      readonly colorizer: number;
      readonly picture: Size;
      readonly options: Pick<ColorizeOptions, "size">;
    };
    readonly answer: ColorizerProfile;
  };
  activations: {
    readonly arguments: {
      readonly colorizer: number;
      readonly source: ColorizeSource;
      readonly options: Plain<LayerOptions>;
    };
    readonly answer: Activations;
  };
  /** Of the worker that draws: on this canvas, or else on the one before, whose size the picture has. Answered when it is drawn. */
  draw: {
    readonly arguments: {
      readonly canvas: OffscreenCanvas | undefined;
      readonly data: Uint8ClampedArray<ArrayBuffer>;
      readonly width: number;
    };
    readonly answer: undefined;
  };
}

export type CallName = keyof Calls;

/** A call of one kind. */
export interface Called<Name extends CallName> extends Pick<Calls[Name], "arguments"> {
  readonly id: number;
  readonly name: Name;
}

/** The calls that workers with models answer. */
export type ServedName = Exclude<CallName, "draw">;

/** A call to such a worker. */
export type Call = { [Name in ServedName]: Called<Name> }[ServedName];

/** What a page says besides calls: to abort one, or to free what a call made. */
export type Notice = { readonly id: number; readonly name: "abort" } | { readonly id: number; readonly name: "free" };

/** What happens during a call. The id of the first picture is that of its call, negative. */
export type CallEvent =
  { readonly progress: LoadProgress } | { readonly stage: ColorizeStage } | { readonly early: ResultFacts };

/** The worker's first message: whether it can colour. */
export interface Greeting {
  readonly able: boolean;
}

/** What the worker says of a call. */
export type Answer = { readonly id: number } & (
  { readonly event: CallEvent } | { readonly value: Calls[CallName]["answer"] } | { readonly error: SentError }
);
