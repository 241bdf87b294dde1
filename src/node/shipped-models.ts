/** Folders of this package's models on disk. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestError } from "../base/errors";
import { isModelName, isShipped, SHIPPED_MODELS, shippedModel, type ShippedModel } from "../colorizer/shipped-models";

/**
 * The folder of a shipped model. models/ is beside package.json, which is above this module both in the sources and in dist.
 * Throws ManifestError when the folder is missing.
 */
function shippedModelFolder(name: ShippedModel): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const model = join(folder, "models", name);
    if (existsSync(join(model, "model.json"))) return model;
    if (existsSync(join(folder, "package.json")) || dirname(folder) === folder)
      throw new ManifestError({
        where: model,
        expected: "the model that ships with the package",
        received: "no model.json",
        hint: "Install the package again, or name another model (--model).",
      });
  }
}

/** The folder of the default model. */
export function defaultModelFolder(): string {
  return shippedModelFolder(SHIPPED_MODELS[0]);
}

/**
 * The folder of `model` where it is the name of a shipped model, else `model` itself. Throws InputError for a name that is
 * neither a shipped model's nor a folder's here.
 */
export function modelLocation(model: string | URL = SHIPPED_MODELS[0]): string | URL {
  if (!isModelName(model) || (!isShipped(model) && existsSync(model))) return model;
  return shippedModelFolder(shippedModel(model));
}
