/** What a Session takes. */
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
  /** Shapes of inputs whose dimensions the model leaves open; without them the first run decides. */
  readonly inputShapes?: Readonly<Record<string, Shape>>;
  /** Inputs that become constants. */
  readonly freeze?: Readonly<Record<string, { readonly data: ArrayLike<number>; readonly shape: Shape }>>;
  readonly precision?: Precision;
  /** Bytes of the model read so far, when it is loaded from a URL. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  /** Resolves external data files of the model. */
  readonly externalData?: (location: string) => Uint8Array;
  /** A name for messages; default: the URL or "model". */
  readonly label?: string;
  /** Compiled pipelines to share between sessions of one device. */
  readonly pipelines?: PipelineCache;
  /** How convolutions are computed, to share likewise. Default: as the adapter's kind suggests. @internal */
  readonly choices?: ConvChoices;
  /** Programs for different input shapes that stay bound; the least recently used one goes first. Default 4. */
  readonly keep?: number;
  /** What the session can do. Default: ENGINE. @internal */
  readonly engine?: Engine;
  /** Further passes after the engine's, for callers that know more than the model says. run() is not for these. @internal */
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
