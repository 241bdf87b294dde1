/** Options and sources of a Session. */
import type { Engine } from "../graph/engine";
import type { Shape } from "../graph/ir";
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Pass } from "../graph/passes/pass";
import { fetchFile } from "../weights/model/download";
import type { PipelineCache } from "../gpu/pipelines";
import type { Precision } from "../gpu/storage";

export interface SessionOptions {
  /**
   * A device, or a function that requests one. Default: a new device of this browser. A requested device is replaced when it is lost, and
   * freed by dispose().
   */
  readonly device?: GPUDevice | (() => Promise<GPUDevice>);
  /** Shapes of inputs whose dimensions the model leaves open. Without them, the first run compiles for its inputs' shapes. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** Values of inputs that become constants: row-major data and shape, by input name. */
  readonly freeze?: Readonly<Record<string, { readonly data: ArrayLike<number | bigint>; readonly shape: Shape }>>;
  /** Storage type of activations and weights; see Precision. Default "auto". */
  readonly precision?: Precision;
  /** Called while the model is loaded from a URL, with bytes read so far and in all. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  /** Whether each run looks at the numbers of every layer, and throws DeviceError with the first that are not finite or out of range. Slow. */
  readonly check?: boolean;
  /** Milliseconds without a byte after which the download of a model from a URL fails. Default 30,000. */
  readonly stallTimeout?: number;
  /** Milliseconds without progress after which a GPU counts as lost; a software driver has ten times as many. Default 60,000. */
  readonly hangTimeout?: number;
  /** Resolves external data files of the model. */
  readonly externalData?: (location: string) => Uint8Array;
  /** A name for messages; default: the URL or "model". */
  readonly label?: string;
  /** Compiled pipelines to share between sessions of one device. */
  readonly pipelines?: PipelineCache;
  /** The choice of convolution algorithms, shared between sessions of one device. Default: chosen for the adapter. @internal */
  readonly choices?: ConvChoices;
  /**
   * How many programs for different input shapes stay bound, at least 1; the least recently used one is freed first. Default 4. Pipelines, and
   * constants that depend on shapes (filters of cubic resizing, indices), stay until the session is disposed of.
   */
  readonly keep?: number;
  /** Called while loading goes on, by which the caller sees a device that hangs; `hangTimeout` then does nothing. @internal */
  readonly beat?: () => void;
  /** Ops, passes and algorithms of the session. Default: ENGINE. @internal */
  readonly engine?: Engine;
  /** Passes to run after the engine's. They may change inputs and outputs, so such sessions use bind() and not run(). @internal */
  readonly passes?: readonly Pass[];
}

/** The bytes of an ONNX file, or its address. */
export type ModelSource = Uint8Array | ArrayBuffer | URL | string;

/** The model's name for messages. */
export function labelOf(source: ModelSource, { label }: SessionOptions): string {
  return label ?? (isAddress(source) ? String(source) : "model");
}

/** The bytes of the model. `beat` is called while they arrive. Throws DownloadError, or the signal's reason. */
export async function readSource(source: ModelSource, options: SessionOptions, beat: () => void): Promise<Uint8Array> {
  if (!isAddress(source)) return source instanceof ArrayBuffer ? new Uint8Array(source) : source;
  const { signal, stallTimeout } = options;
  const onProgress = (loaded: number, total: number | undefined): void => {
    beat();
    options.onProgress?.(loaded, total);
  };
  return fetchFile(source, { onProgress, signal, stallTimeout });
}

function isAddress(source: ModelSource): source is string | URL {
  return typeof source === "string" || source instanceof URL;
}
