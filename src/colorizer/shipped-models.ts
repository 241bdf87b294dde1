/** The models of this package, by name. */

/** The first is the default. */
export const SHIPPED_MODELS = ["inception-table"] as const;
export type ShippedModel = (typeof SHIPPED_MODELS)[number];

/** Where models/ lies, seen from the file that this code is in. The build sets it, since the package's files lie in dist/. */
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

/** The address that `model` names: of a model of this package where it is one's name. Default: the first of them. */
export function modelAddress(model: string | URL = SHIPPED_MODELS[0]): string | URL {
  return typeof model === "string" && isShippedModel(model) ? shippedModel(model) : model;
}
