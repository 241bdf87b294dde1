/** Options and sources of a Session. */
import type { Engine } from "../graph/engine";
import type { Shape } from "../graph/ir";
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Pass } from "../graph/passes/pass";
import { fetchFile } from "../weights/model/download";
import type { PipelineCache } from "../gpu/pipelines";
import type { Precision } from "../gpu/storage";

export interface SessionOptions {
  /** Default: a new device of this browser, which dispose() then frees. */
  readonly device?: GPUDevice;
  /** Shapes of inputs whose dimensions the model leaves open. Without them, the first run compiles for its inputs' shapes. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** Values of inputs that become constants: row-major data and shape, by input name. */
  readonly freeze?: Readonly<
    Record<string, { readonly data: ArrayLike<number> | BigInt64Array; readonly shape: Shape }>
  >;
  /** Storage type of activations and weights; see Precision. Default "auto". */
  readonly precision?: Precision;
  /** Called while the model is loaded from a URL, with bytes read so far and in all. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  /** Resolves external data files of the model. */
  readonly externalData?: (location: string) => Uint8Array;
  /** A name for messages; default: the URL or "model". */
  readonly label?: string;
  /** Compiled pipelines to share between sessions of one device. */
  readonly pipelines?: PipelineCache;
  /** The choice of convolution algorithms, shared between sessions of one device. Default: chosen for the adapter. @internal */
  readonly choices?: ConvChoices;
  /** How many programs for different input shapes stay bound, at least 1; the least recently used one is freed first. Default 4. */
  readonly keep?: number;
  /** Ops, passes and algorithms of the session. Default: ENGINE. @internal */
  readonly engine?: Engine;
  /** Passes to run after the engine's. They may change inputs and outputs, so such sessions use bind() and not run(). @internal */
  readonly passes?: readonly Pass[];
}

/** The bytes of an ONNX file, or its address. */
export type ModelSource = Uint8Array | ArrayBuffer | URL | string;

/** The bytes, and a name for messages. Throws DownloadError, or the signal's reason. */
export async function readSource(
  source: ModelSource,
  { label, onProgress, signal }: SessionOptions,
): Promise<{ readonly bytes: Uint8Array; readonly label: string }> {
  if (typeof source === "string" || source instanceof URL)
    return { bytes: await fetchFile(source, { onProgress, signal }), label: label ?? String(source) };
  return { bytes: source instanceof ArrayBuffer ? new Uint8Array(source) : source, label: label ?? "model" };
}
