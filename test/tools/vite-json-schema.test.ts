import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Validator } from "@cfworker/json-schema";
import { expect, it } from "vitest";
import schema from "../../models/manifest.schema.json";
import manifest from "../../models/inception-table/model.json";
import { SCALARS_ONLY, usedKeywordsOnly, usedReferencesOnly } from "../../tools/vite-json-schema";

const esm = fileURLToPath(new URL("../../node_modules/@cfworker/json-schema/dist/esm", import.meta.url));
const source = readFileSync(join(esm, "validate.js"), "utf8");
const text = JSON.stringify(schema);

/** Every manifest that differs from this one in one place: a value that is missing, or of another type. */
function* broken(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) {
    yield* [null, -1, "", [value]];
    return;
  }
  for (const key of Object.keys(value)) {
    const [own, without] = [structuredClone(value), structuredClone(value)] as Record<string, unknown>[];
    delete without![key];
    if (!Array.isArray(value)) yield without;
    for (const part of broken((value as Record<string, unknown>)[key])) yield { ...own, [key]: part };
  }
  yield { ...value, unknown: 1 };
}

it("judges manifests as the whole validator does", async () => {
  const folder = mkdtempSync(join(tmpdir(), "json-schema-"));
  try {
    cpSync(esm, folder, { recursive: true });
    const shorter = usedKeywordsOnly(source, text);
    writeFileSync(join(folder, "validate.js"), shorter);
    const references = readFileSync(join(esm, "dereference.js"), "utf8");
    writeFileSync(join(folder, "dereference.js"), usedReferencesOnly(references, text));
    writeFileSync(join(folder, "deep-compare-strict.js"), SCALARS_ONLY);
    writeFileSync(join(folder, "format.js"), "export const format = {};");
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const kept = (await import(pathToFileURL(join(folder, "index.js")).href)) as { Validator: typeof Validator };
    const [whole, part] = [Validator, kept.Validator].map((Type) => new Type(schema as object, "2020-12"));
    let wrong = 0;
    for (const one of [manifest, ...broken(manifest)]) {
      const expected = whole!.validate(one);
      const errors = expected.errors.map((error) => ({ ...error, error: undefined }));
      expect(part!.validate(one)).toEqual({ ...expected, errors });
      if (!expected.valid) wrong++;
    }
    expect(part!.validate(manifest).valid).toBe(true);
    expect(wrong).toBeGreaterThan(50);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("keeps the keywords of a schema and drops the others", () => {
  const kept = usedKeywordsOnly(source, '{ "format": "date", "contains": {} }');
  expect(kept).toContain("if ($contains !== undefined");
  expect(kept).toContain("$format !== undefined");
  expect(usedKeywordsOnly(source, text)).not.toContain("$contains");
});

it("throws for a validator that is written otherwise", () => {
  expect(() => usedKeywordsOnly("export function validate() {}", text)).toThrow(/adapt tools\/vite-json-schema/);
});
