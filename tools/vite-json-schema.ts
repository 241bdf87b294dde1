/**
 * Vite plugin that leaves out the string formats of @cfworker/json-schema (dates, addresses, ...): a tenth of its code that
 * compresses badly, and that the schema of model.json does not use.
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const SCHEMA = new URL("../models/manifest.schema.json", import.meta.url);

export function jsonSchemaWithoutFormats(): Plugin {
  return {
    name: "json-schema-without-formats",
    apply: "build",
    enforce: "pre",
    load(id) {
      if (!/@cfworker[\\/]json-schema[\\/]dist[\\/]esm[\\/]format\.js$/.test(id)) return;
      // The keyword has a string; the key `format` of model.json has a schema.
      if (/"format":\s*"/.test(readFileSync(SCHEMA, "utf8")))
        this.error("models/manifest.schema.json uses a string format: leave this plugin out");
      return "export const format = {};";
    },
  };
}
