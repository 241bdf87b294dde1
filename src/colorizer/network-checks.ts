/** Checks a model's networks against its manifest. */
import { ManifestError } from "../base/errors";
import type { Shape } from "../graph/ir";
import type { Manifest } from "../weights/model/manifest";

/** Throws ManifestError unless `shape` matches; a string in `expected` matches any size. */
export function expectShape(where: string, shape: Shape, expected: readonly (number | string)[]): void {
  const fits = shape.length === expected.length && expected.every((n, i) => typeof n === "string" || n === shape[i]);
  if (!fits)
    throw new ManifestError({
      where,
      expected: `an output of shape [${expected.join(", ")}]`,
      received: `[${shape.join(", ")}]`,
      hint: "Export the network as docs/model-format.md says.",
    });
}

/** Throws ManifestError when model.json names inputs or outputs that its ONNX file, which has these, does not have. */
export function checkNames(
  manifest: Manifest,
  network: "embedder" | "colorizer",
  has: { readonly inputs: readonly string[]; readonly outputs: readonly string[] },
  inputs: readonly string[],
  output: string,
): void {
  const fits =
    has.inputs.length === inputs.length &&
    inputs.every((name) => has.inputs.includes(name)) &&
    has.outputs.includes(output);
  if (fits) return;
  throw new ManifestError({
    where: `${manifest.name}/model.json at $.${network}`,
    expected: `an ONNX file with inputs ${inputs.join(", ")} and output ${output}`,
    received: `inputs ${has.inputs.join(", ")} and outputs ${has.outputs.join(", ")}`,
    hint: "Correct the names in model.json.",
  });
}
