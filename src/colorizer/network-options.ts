/** How the networks of a model are loaded. */
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Precision, SessionOptions } from "../session/session";
import type { ModelReader } from "../weights/model/files";
import type { Manifest } from "../weights/model/manifest";
import type { LoadProgress } from "../weights/model/progress";

/** `Networks`: what is loaded. */
export interface NetworkOptions<Networks = unknown> {
  readonly device: GPUDevice;
  readonly model: string | URL;
  /** Which colorizer a bare ONNX file is. */
  readonly preset?: string;
  readonly precision?: Precision;
  /** The precision of a model whose manifest was read, in place of `precision`. */
  readonly precisionOf?: (manifest: Manifest) => Promise<Precision | undefined>;
  /** Whether the numbers of every layer are looked at. */
  readonly check?: boolean;
  /** The choice of convolution algorithms. */
  readonly choices?: ConvChoices;
  readonly onProgress?: (progress: LoadProgress) => void;
  /**
   * Called when the colorizer can run for a first picture: on the manifest's mean embedding, if there is an embedder, and at firstSize(). The
   * embedder and the usual size are not compiled before the promise settles.
   */
  readonly onFirstNetworks?: (networks: Networks) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly read?: ModelReader;
  readonly stallTimeout?: number;
  /** Called while loading goes on. */
  readonly beat?: () => void;
  /** Reads tensors from external data files: see SessionOptions. Of a bare ONNX file they are read without it. */
  readonly externalData?: SessionOptions["externalData"];
}
