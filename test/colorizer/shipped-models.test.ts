import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelAddress, SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { parseManifest } from "../../src/weights/model/manifest";
import { shippedHere } from "../shared/shipped";

describe("a model's name", () => {
  it("gives the address of this package's folder", () => {
    for (const name of SHIPPED_MODELS)
      expect(String(modelAddress(name))).toMatch(new RegExp(`^file:.*/models/${name}/model\\.json$`));
    expect(modelAddress()).toEqual(modelAddress("inception-table"));
  });

  it("that no model has is refused with the names that there are", () => {
    for (const name of ["naturl", "Natural", "other_model"])
      expect(() => modelAddress(name)).toThrow(
        `model: expected inception-table or natural, received "${name}". For a folder write "./${name}/".`,
      );
  });

  it("is told from an address", () => {
    for (const address of ["./natural", "natural/", "/models/natural", "a.json", "https://a.b/c", ""])
      expect(modelAddress(address)).toBe(address);
    const url = new URL("https://a.b/natural");
    expect(modelAddress(url)).toBe(url);
  });
});

describe("models/", () => {
  it("has a folder for every name, and no other", (context) => {
    context.skip(shippedHere.length < SHIPPED_MODELS.length, "not all weights are here yet");
    const folders = readdirSync("models", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name)).toEqual([...SHIPPED_MODELS]);
  });

  it.each(shippedHere)("%s has a valid manifest of its name with a line to choose it by, and a card", (name) => {
    const where = join("models", name);
    const manifest = parseManifest(JSON.parse(readFileSync(join(where, "model.json"), "utf8")), where);
    expect(manifest.name).toBe(name);
    expect(manifest.summary).toBeDefined();
    for (const { path } of Object.values(manifest.files)) expect(existsSync(join(where, path)), path).toBe(true);
    expect(readFileSync(join(where, "README.md"), "utf8")).toContain(`${name} ${manifest.version}`);
  });
});
