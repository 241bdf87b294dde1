/** The models of tests in a browser: tiny ones, or, with COLORIZE_TEST_MODELS=shipped, those that ship. Then a test takes several times as long. */
import { readFileSync } from "node:fs";
import { tinyModel, type TinyOptions } from "./tiny-model";

export const SHIPPED = process.env["COLORIZE_TEST_MODELS"] === "shipped";

/** A model's files by their path in its folder. */
export function browserModel(name: string, tiny: TinyOptions = {}): Record<string, Uint8Array> {
  if (!SHIPPED) return tinyModel(tiny);
  const file = (path: string): Uint8Array => readFileSync(`models/${name}/${path}`);
  const manifest = JSON.parse(readFileSync(`models/${name}/model.json`, "utf8")) as {
    files: Record<string, { path: string }>;
  };
  const paths = ["model.json", ...Object.values(manifest.files).map(({ path }) => path)];
  return Object.fromEntries(paths.map((path) => [path, file(path)]));
}
