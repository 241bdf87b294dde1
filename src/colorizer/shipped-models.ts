/** Names and addresses of the models in this package. */
import { InputError } from "../base/errors";

/** The first is the default. */
export const SHIPPED_MODELS = ["inception-table", "natural", "inception-strided"] as const;
export type ShippedModel = (typeof SHIPPED_MODELS)[number];

/** Path from this module to models/. The build sets it for the files in dist/. */
declare const MODELS_FOLDER: string | undefined;
const FOLDER = typeof MODELS_FOLDER === "undefined" ? "../../models/" : MODELS_FOLDER;

/** Whether `model` is a name, not an address: it has neither dot, slash nor colon. */
export function isModelName(model: string | URL): model is string {
  return typeof model === "string" && /^[\w-]+$/.test(model);
}

/** Whether `model` is the name of a shipped model. */
export function isShipped(model: string | URL = SHIPPED_MODELS[0]): boolean {
  return SHIPPED_MODELS.some((name) => name === model);
}

/** Checks a name. Throws InputError with the names that there are. */
export function shippedModel(name: string): ShippedModel {
  const found = SHIPPED_MODELS.find((shipped) => shipped === name);
  if (found) return found;
  throw new InputError({
    where: "model",
    expected: `${SHIPPED_MODELS.slice(0, -1).join(", ")} or ${SHIPPED_MODELS.at(-1)!}`,
    received: `"${name}"`,
    hint: `For a folder write "./${name}/".`,
  });
}

/** The address of `model`: of this package's model where `model` is a name, else `model` itself. Default: the first shipped model. */
export function modelAddress(model: string | URL = SHIPPED_MODELS[0]): string | URL {
  if (!isModelName(model)) return model;
  // Not a literal inside new URL(): bundlers would copy or inline model.json without the files beside it.
  const path = `${FOLDER}${shippedModel(model)}/model.json`;
  return new URL(/* @vite-ignore */ path, import.meta.url);
}
