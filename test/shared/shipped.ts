/** The models of this package whose weights are in models/. */
import { existsSync } from "node:fs";
import { SHIPPED_MODELS } from "../../src/colorizer/shipped-models";

export const shippedHere = SHIPPED_MODELS.filter((name) => existsSync(`models/${name}/model.json`));
