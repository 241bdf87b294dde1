/** A model folder, run as users run it: by a Colorizer. */
import { loadNodeColorizer } from "../../src/node";
import type { Method } from "./method";
import type { ModelSource } from "./model-source";
import type { EngineOptions } from "./network-method";

/** Throws what loadNodeColorizer throws. */
export async function openModel(
  source: ModelSource & { readonly kind: "folder" },
  label: string | undefined,
  { device, precision, size, saturation, signal }: EngineOptions,
): Promise<Method> {
  const colorizer = await loadNodeColorizer({
    model: source.location,
    read: source.read,
    device,
    precision,
    signal,
  });
  const { manifest } = colorizer;
  return {
    name: label ?? manifest.name,
    facts: {
      model: `${manifest.name} ${manifest.version}`,
      workingSize: size ?? manifest.colorizer.size,
      embeddingSize: manifest.embedder.size,
      saturation: manifest.colorizer.saturation * saturation,
      storage: colorizer.elem,
      adapter: colorizer.adapter,
    },
    async colorize({ grey }) {
      const { data, width, height } = await colorizer.colorize(grey, { size, saturation, signal });
      return { picture: { data, width, height } };
    },
    dispose: () => colorizer.dispose(),
  };
}
