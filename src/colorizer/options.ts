/** Options and reports of a Colorizer. */
import type { TuneSetting } from "./tuning";
import type { Profile } from "../gpu/profile";
import type { Precision } from "../session/session";
import type { Size } from "../base/size";
import type { LoadProgress } from "../weights/model/progress";
import type { ColorHint } from "./hints";
import type { ColorizeResult } from "./result";
import type { ColorizeStage } from "./stage-clock";
import type { PresetName } from "../weights/model/presets";
import type { ModelReader } from "../weights/model/files";

export interface ColorizerOptions {
  /**
   * Name of a model of this package, "inception-table" (default), "natural" or "inception-strided"; or URL of a model folder, of its model.json, or of a bare
   * .onnx file that fits a preset. `URL.createObjectURL(file) + "#name.onnx"` loads a file that the visitor picked.
   */
  readonly model?: string | URL;
  /** For a bare .onnx file: which colorizer it is. Default: recognised by its inputs and outputs. See docs/models.md. */
  readonly preset?: PresetName;
  /**
   * A device, or a function that requests one. Default: a new device of this browser. A requested device is replaced when it is lost, and
   * freed by dispose().
   */
  readonly device?: GPUDevice | (() => Promise<GPUDevice>);
  /** Storage type of activations and weights; see Precision. Default "auto": f16 where the adapter has shader-f16, else f32. */
  readonly precision?: Precision;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  /** Reads the model's files where fetch cannot, for example from a folder. */
  readonly read?: ModelReader;
  /** Milliseconds without a byte after which a download fails. Default 30,000. */
  readonly stallTimeout?: number;
  /** Milliseconds without progress after which a GPU counts as lost; a software driver has ten times as many. Default 60,000. */
  readonly hangTimeout?: number;
  /** Whether each picture looks at the numbers of every layer, and throws DeviceError with the first that are not finite or out of range. Slow. */
  readonly check?: boolean;
  /** Whether the model's colours in f16 are compared with those in f32: see docs/decisions/f16-overflow.md. Default: not for this package's own. @internal */
  readonly checkF16?: boolean;
  /**
   * Whether load() resolves as soon as a first picture can be coloured: by the colorizer network on the model's mean embedding, where it has
   * one, and on software drivers at a smaller working size, at most half. See ColorizeOptions.onEarly. Default: false, so it resolves when all
   * networks are loaded.
   */
  readonly early?: boolean;
  /**
   * Whether to measure convolution algorithms on this device when the page is idle after the first picture, and to use the
   * fastest. Measurements of earlier sessions are then used from the start. Default: false. See docs/tuning.md.
   */
  readonly tune?: TuneSetting;
}

export interface ColorizeOptions {
  /**
   * Working size: the side in pixels of a square with as many pixels as the network's picture. An integer from 32 to 1024,
   * and at least the model's `multiple`. Default: the model's.
   */
  readonly size?: number;
  /** Factor on the predicted chroma, 0 to 4: 1 (default) as predicted, 0 grey. */
  readonly saturation?: number;
  /** -1 to 1: raises b* by half of this share of the chroma, so above 0 colours turn to yellow and below to blue. Grey stays grey. Default 0. */
  readonly warmth?: number;
  /**
   * For a model that predicts a distribution over colours, 0.05 to 10: below 1 nearer to the likeliest colour, above 1 nearer to the mean of
   * all. Default: the model's.
   */
  readonly temperature?: number;
  /** Colours at places of the photograph, from which they spread over even regions: see docs/hints.md. At most 256. Default: none. */
  readonly hints?: readonly ColorHint[];
  readonly signal?: AbortSignal;
  /**
   * Called with a first picture while what computes the photograph's own is still loading: coloured by the mean embedding, and on software
   * drivers at a smaller working size, at most half, unless `size` is given. Needs `early` of ColorizerOptions; otherwise it is not called.
   */
  readonly onEarly?: (result: ColorizeResult) => void;
  /** Called as each stage starts. */
  readonly onStage?: (stage: ColorizeStage) => void;
}

/** Costs of colouring one picture, known without running. Concurrent calls may use more memory, for the next picture's first stages. */
export interface ColorizePlan {
  /** Size of the network's picture; `paddedSize` includes padding. */
  readonly workingSize: Size;
  readonly paddedSize: Size;
  /** GPU memory in bytes: weights and activations of the networks, and the picture's buffers. */
  readonly peakBytes: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly pictureBytes: number;
  /** Floating-point operations of the networks. */
  readonly flops: number;
}

/** Time of every step of the networks. */
export interface ColorizerProfile {
  /** Present where the model has an embedder. */
  readonly embedder?: Profile;
  readonly colorizer: Profile;
}
