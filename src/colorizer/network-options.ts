/** Options of Networks.load(). */
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Precision, SessionOptions } from "../session/session";
import type { ModelReader } from "../weights/model/files";
import type { LoadProgress } from "../weights/model/progress";
import type { Networks } from "./networks";

export interface NetworkOptions {
  readonly device: GPUDevice;
  readonly model: string | URL;
  readonly precision?: Precision;
  /** The choice of convolution algorithms. */
  readonly choices?: ConvChoices;
  readonly onProgress?: (progress: LoadProgress) => void;
  /**
   * Called when the colorizer alone can run, on the manifest's mean embedding, if it has one and the embedder is not loaded yet. The
   * embedder is not compiled before the promise settles.
   */
  readonly onEarly?: (networks: Networks) => Promise<void>;
  readonly signal?: AbortSignal;
  readonly read?: ModelReader;
  readonly stallTimeout?: number;
  /** Reads tensors from external data files: see SessionOptions. Models with a manifest have none. */
  readonly externalData?: SessionOptions["externalData"];
}
