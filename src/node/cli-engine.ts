/** The command's engine: a device, a model from disk or the network, a Colorizer. */
import { dirname } from "node:path";
import { Colorizer } from "../colorizer";
import { describeDevice } from "../gpu-device";
import type { Engine, EngineSettings } from "./cli";
import { defaultModelFolder } from "./default-model";
import { requestNodeDevice } from "./device";
import { folderReader } from "./model-files";

/** Throws DeviceError, ManifestError, DownloadError or ModelError, or the signal's reason. */
export async function loadEngine(settings: EngineSettings): Promise<Engine> {
  const { adapter, precision, signal, onProgress } = settings;
  onProgress("looking for a GPU");
  const device = await requestNodeDevice({ adapter });
  try {
    const colorizer = await Colorizer.load({
      ...modelSource(settings.model ?? defaultModelFolder()),
      device,
      precision,
      signal,
      onProgress: ({ stage, loaded, total }) =>
        onProgress(stage === "download" ? "reading the model" : "compiling", total > 0 ? loaded / total : undefined),
    });
    return {
      adapter: describeDevice(device),
      colorizer: {
        colorize: ({ data, width, height }, options) => colorizer.colorize({ data, width, height }, options),
        plan: (width, height, options) => colorizer.plan(width, height, options),
        dispose: () => colorizer.dispose(),
      },
    };
  } catch (error) {
    device.destroy();
    throw error;
  }
}

/** A URL is fetched; anything else is a folder, or the path of a model.json, on disk. */
function modelSource(model: string): Pick<Parameters<typeof Colorizer.load>[0] & object, "model" | "read"> {
  if (/^https?:/.test(model)) return { model };
  const folder = model.endsWith(".json") ? dirname(model) : model;
  // With a reader, the address only names the model in messages.
  return { model: model.replaceAll("\\", "/"), read: folderReader(folder) };
}
