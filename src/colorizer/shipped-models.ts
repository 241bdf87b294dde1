/** Names and addresses of the models in this package. */

/** The first is the default. */
export const SHIPPED_MODELS = ["inception-table"] as const;
export type ShippedModel = (typeof SHIPPED_MODELS)[number];

/** Path from this module to models/. The build sets it for the files in dist/. */
declare const MODELS_FOLDER: string | undefined;
const FOLDER = typeof MODELS_FOLDER === "undefined" ? "../../models/" : MODELS_FOLDER;

export function isShippedModel(model: string): model is ShippedModel {
  return (SHIPPED_MODELS as readonly string[]).includes(model);
}

/** The address of a model.json of this package. */
function shippedModel(name: ShippedModel = SHIPPED_MODELS[0]): URL {
  // Not a literal inside new URL(): bundlers would copy or inline model.json without the files beside it.
  const path = `${FOLDER}${name}/model.json`;
  return new URL(/* @vite-ignore */ path, import.meta.url);
}

/** The address of `model`: of this package's model where `model` is its name, else `model` itself. Default: the first shipped model. */
export function modelAddress(model: string | URL = SHIPPED_MODELS[0]): string | URL {
  return typeof model === "string" && isShippedModel(model) ? shippedModel(model) : model;
}
