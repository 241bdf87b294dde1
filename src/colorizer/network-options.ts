/** How the networks of a model are loaded. */
import type { ConvChoices } from "../graph/lower/conv-choice";
import type { Precision, SessionOptions } from "../session/session";
import type { ModelReader } from "../weights/model/files";
import type { Manifest } from "../weights/model/manifest";
import type { LoadProgress } from "../weights/model/progress";

export interface NetworkOptions {
  readonly device: GPUDevice;
  readonly model: string | URL;
  readonly precision?: Precision;
  /** The precision of a model whose manifest was read, in place of `precision`. */
  readonly precisionOf?: (manifest: Manifest) => Promise<Precision | undefined>;
  /** Whether the numbers of every layer are looked at. */
  readonly check?: boolean;
  /** The choice of convolution algorithms. */
  readonly choices?: ConvChoices;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  readonly read?: ModelReader;
  readonly stallTimeout?: number;
  /** Called while loading goes on. */
  readonly beat?: () => void;
  /** Reads tensors from external data files: see SessionOptions. Models with a manifest have none. */
  readonly externalData?: SessionOptions["externalData"];
}
