/** Loads a Colorizer in Node: a device of this machine, the shipped model from disk. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Colorizer } from "../colorizer/colorizer";
import type { ColorizerOptions } from "../colorizer/options";
import { tuneOptions, type TuneSetting } from "../colorizer/tuning";
import { requestNodeDevice, type NodeAdapter } from "./device";
import { folderReader } from "./model-files";
import { isShipped } from "../colorizer/shipped-models";
import { modelLocation } from "./shipped-models";
import { tuningFiles } from "./tuning-file";

/** Without `tune`, stored measurements of `npm run tune` or --tune on this adapter are used, and nothing is measured. */
export interface NodeColorizerOptions extends Omit<ColorizerOptions, "model"> {
  /**
   * Name of a model of this package, "inception-table" (default), "natural" or "inception-strided"; a folder, the path of its model.json or of a bare .onnx file
   * that fits a preset; a file: or http(s) URL.
   */
  readonly model?: string | URL;
  /** The driver, where no device is given. Default: the environment's COLORIZE_ADAPTER, else "auto". */
  readonly adapter?: NodeAdapter;
}

/**
 * `Colorizer.load` for Node. Default device: requestNodeDevice(); default model: the shipped one, read from disk. Throws InputError for wrong options, DeviceError,
 * ManifestError, DownloadError, ModelError or UnsupportedError, or the signal's reason.
 */
export async function loadNodeColorizer(options: NodeColorizerOptions = {}): Promise<Colorizer> {
  const { adapter, model, ...rest } = options;
  rest.signal?.throwIfAborted();
  const location = modelLocation(model);
  const device = rest.device ?? (() => requestNodeDevice({ adapter }));
  const source = modelSource(location, rest.read);
  const checkF16 = rest.read !== undefined || !isShipped(model);
  return Colorizer.load({ ...rest, ...source, checkF16, tune: nodeTuning(rest.tune), device });
}

/** Fills in the default store: files in the user's cache folder. */
function nodeTuning(tune: TuneSetting = { milliseconds: 0 }): TuneSetting {
  return tune && { store: tuningFiles(), ...tuneOptions(tune) };
}

/** An http(s) URL is fetched, the caller's own reader is used where given, and any other model is read from disk. */
function modelSource(model: string | URL, read: ColorizerOptions["read"]): Pick<ColorizerOptions, "model" | "read"> {
  const address = String(model);
  if (read || /^https?:/i.test(address)) return { model, read };
  const path = /^file:/i.test(address) ? fileURLToPath(address) : address;
  // With a reader, the address is used in messages only.
  const name = path.replaceAll("\\", "/").replace(/[?#]/g, encodeURIComponent);
  return { model: name, read: folderReader(/\.(json|onnx)$/i.test(path) ? dirname(path) : path) };
}
