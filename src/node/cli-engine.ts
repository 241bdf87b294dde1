/** Loads the command's engine: a device, a model from disk or the network, a Colorizer. */
import type { Engine, EngineSettings } from "./cli";
import { loadNodeColorizer } from "./load-colorizer";

/** Throws DeviceError, ManifestError, DownloadError or ModelError, or the signal's reason. */
export async function loadEngine(settings: EngineSettings): Promise<Engine> {
  const { model, adapter, precision, tune, signal, onProgress } = settings;
  onProgress("looking for a GPU");
  const colorizer = await loadNodeColorizer({
    model,
    adapter,
    precision,
    signal,
    onProgress: ({ stage, loaded, total }) =>
      onProgress(stage === "download" ? "reading the model" : "compiling", total > 0 ? loaded / total : undefined),
  });
  if (tune !== undefined) {
    const measuring = (): void => onProgress("measuring the fastest algorithms");
    measuring();
    try {
      await colorizer.tune({ milliseconds: tune * 1000, signal, onProgress: measuring });
    } catch (error) {
      colorizer.dispose();
      throw error;
    }
  }
  return {
    adapter: colorizer.adapter,
    colorizer: {
      colorize: ({ data, width, height }, options) => colorizer.colorize({ data, width, height }, options),
      plan: (width, height, options) => colorizer.plan(width, height, options),
      dispose: () => colorizer.dispose(),
    },
  };
}
