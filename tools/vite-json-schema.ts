/**
 * Vite plugin that keeps of @cfworker/json-schema only the keywords that the schema of model.json uses: three quarters of the validator
 * are for others, and its patterns of dates, hosts and addresses for the keyword "format".
 */
import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

const SCHEMA = new URL("../models/manifest.schema.json", import.meta.url);

/** `const { $ref, type: $type, ... } = schema;`, with which the validator reads all keywords. */
const KEYWORDS = /const \{ (\$ref, .*) \} = schema;/;

/** Whether the text of a schema has the keyword. "format" is also the name of a property, which has a schema and not a text. */
function uses(schema: string, keyword: string): boolean {
  return keyword === "format" ? /"format":\s*"/.test(schema) : schema.includes(`"${keyword}":`);
}

/** The text of validate.js with `undefined` in place of each keyword that `schema` lacks; the minifier then drops its branches. */
export function usedKeywordsOnly(source: string, schema: string): string {
  const list = KEYWORDS.exec(source)?.[1];
  if (list === undefined)
    throw new Error(
      "@cfworker/json-schema is not written as it was: adapt tools/vite-json-schema.ts, or leave the plugin out",
    );
  const entries = list.split(", ").filter((entry) => !entry.startsWith("__"));
  const unused = entries.filter((entry) => !uses(schema, entry.split(":")[0]!));
  const kept = list.split(", ").filter((entry) => !unused.includes(entry));
  const read = source.replace(KEYWORDS, () => `const { ${kept.join(", ")} } = schema;`);
  return unused.reduce((text, entry) => {
    const variable = entry.split(": ").at(-1)!.replaceAll("$", "\\$");
    return text.replace(new RegExp(`(?<![.\\w$])${variable}(?![\\w$])`, "g"), "undefined");
  }, read);
}

export function jsonSchemaKeywords(): Plugin {
  return {
    name: "json-schema-keywords",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      const file = /@cfworker[\\/]json-schema[\\/]dist[\\/]esm[\\/](validate|format)\.js$/.exec(id)?.[1];
      if (file === undefined) return null;
      const schema = readFileSync(SCHEMA, "utf8");
      if (file === "validate") return { code: usedKeywordsOnly(code, schema), map: null };
      return uses(schema, "format") ? null : { code: "export const format = {};", map: null };
    },
  };
}
