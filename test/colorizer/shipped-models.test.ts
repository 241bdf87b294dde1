import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { modelAddress, SHIPPED_MODELS } from "../../src/colorizer/shipped-models";
import { parseManifest } from "../../src/weights/model/manifest";

describe("a model's name", () => {
  it("gives the address of this package's folder", () => {
    for (const name of SHIPPED_MODELS)
      expect(String(modelAddress(name))).toMatch(new RegExp(`^file:.*/models/${name}/model\\.json$`));
    expect(modelAddress()).toEqual(modelAddress("inception-table"));
  });

  it("that no model has is refused with the names that there are", () => {
    for (const name of ["naturl", "Natural", "other_model"])
      expect(() => modelAddress(name)).toThrow(
        `model: expected inception-table, natural or inception-strided, received "${name}". For a folder write "./${name}/".`,
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
  it("has a folder for every name, and no other", () => {
    const folders = readdirSync("models", { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name)).toEqual(SHIPPED_MODELS.toSorted());
  });

  it.each(SHIPPED_MODELS)("%s has a valid manifest of its name with a line to choose it by, and a card", (name) => {
    const read = (path: string): string => readFileSync(path, "utf8");
    const where = join("models", name);
    const manifest = parseManifest(JSON.parse(read(join(where, "model.json"))), where);
    expect(manifest.name).toBe(name);
    expect(manifest.summary).toBeDefined();
    const files = Object.values(manifest.files);
    for (const { path, bytes } of files) expect(statSync(join(where, path)).size, path).toBe(bytes);
    const megabytes = Math.round(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6);
    expect(read("README.md")).toMatch(new RegExp(`^\\| \`${name}\`[^|]*\\| ${megabytes} MB \\|`, "m"));
    const card = read(join(where, "README.md"));
    expect(card).toContain(`${name} ${manifest.version}`);
    const named = [...card.matchAll(/`([\w-]+\.(?:onnx|json|jpg|png|txt))`/g)].map(([, file]) => join(where, file!));
    for (const file of named) expect(existsSync(file), file).toBe(true);
  });
});
