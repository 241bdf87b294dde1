/** Where the models of this package lie on disk. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestError } from "../base/errors";
import { isShippedModel, SHIPPED_MODELS, type ShippedModel } from "../colorizer/shipped-models";

/**
 * The folder of a model that ships in this package; without a name, of the default one. models/ stands beside package.json, above this
 * module both in the sources and in dist. Throws ManifestError when it is not there.
 */
function shippedModelFolder(name: ShippedModel = SHIPPED_MODELS[0]): string {
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

/** The folder of the model that is used where none is named. */
export function defaultModelFolder(): string {
  return shippedModelFolder();
}

/** What `model` names on disk: the folder of a model of this package where it is one's name, else itself. */
export function modelLocation(model: string | URL = SHIPPED_MODELS[0]): string | URL {
  return typeof model === "string" && isShippedModel(model) ? shippedModelFolder(model) : model;
}
