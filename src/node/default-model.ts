/** Where the model of this package lies on disk. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestError } from "../errors";

const NAME = "inception-table";

/**
 * The folder of the model that ships in this package: models/ stands beside package.json, above this module both in
 * the sources and in dist. Throws ManifestError when it is not there.
 */
export function defaultModelFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const model = join(folder, "models", NAME);
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
