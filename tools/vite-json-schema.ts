/**
 * Vite plugin that keeps of @cfworker/json-schema only what the schema of model.json needs: three quarters of the validator are for other
 * keywords, and its patterns of dates, hosts and addresses for the keyword "format". The texts of its errors go too, because
 * src/weights/model/schema.ts words them by the schema's descriptions; and of the schema itself, the titles.
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

/** Instead of the comparison of objects and arrays: the schema's "const", "enum" and "uniqueItems" are of numbers and texts. */
export const SCALARS_ONLY = "export const deepCompareStrict = () => false;";

/** The texts of errors. */
const MESSAGES = /,\n +error: .*$/gm;
/** What reports a reference to nothing, which the schema of model.json does not have. */
const UNRESOLVED = / +if \(refSchema === undefined\) \{\n[^]*?throw new Error\(message\);\n +\}\n/;
/** What notes properties for the keywords unevaluatedProperties and unevaluatedItems. */
const EVALUATED = /^ +(?:evaluated\[\w+\] = true|(?:Object\.assign\(evaluated|subEvaluateds\.push\().*\));\n/gm;
/** What drafts 4 and 7 of JSON Schema do differently. */
const OLD_DRAFTS = /draft === '[47]'/g;

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
  const read = source
    .replace(KEYWORDS, () => `const { ${kept.join(", ")} } = schema;`)
    .replace(MESSAGES, "")
    .replace(UNRESOLVED, "")
    .replace(schema.includes('"unevaluated') ? /^$/ : EVALUATED, "")
    .replace(", __absolute_recursive_ref__ }", " }")
    .replace(OLD_DRAFTS, "false");
  return unused.reduce((text, entry) => {
    const variable = entry.split(": ").at(-1)!.replaceAll("$", "\\$");
    return text.replace(new RegExp(`(?<![.\\w$])${variable}(?![\\w$])`, "g"), "undefined");
  }, read);
}

/**
 * The text of dereference.js without its lists' entries for keywords that `schema` lacks and what it does for them, and without escapes in
 * references where none has one.
 */
export function usedReferencesOnly(source: string, schema: string): string {
  const plain = [...schema.matchAll(/"\$ref":\s*"([^"]*)"/g)].every(([, ref]) => /^#[\w/$]*$/.test(ref!));
  const text = plain ? source.replace(/normalizeURIFragment\(url\.hash\.slice\(1\)\)/, "url.hash") : source;
  return text
    .replace(/ +if \(lookup\[schemaURI\] !== undefined[^]*?\n {4}\}\n/, "") // twice the same address
    .replace(/typeof self !==[^]*?\n +: (?=new URL)/, "") // any base, for references inside the schema
    .replace(/^ +(\$?\w+): true,?\n/gm, (line, keyword: string) =>
      uses(schema, keyword) ? line.replace(/,?\n/, ",\n") : "",
    )
    .replace(/schema(?:\.(\$(?:id|anchor|recursiveRef))|\['(id)'\])(?!\w)/g, (read, dollar?: string, plain?: string) =>
      uses(schema, (dollar ?? plain)!) ? read : "undefined",
    );
}

/** A JSON schema without titles. */
function untitled(schema: string): string {
  const drop = (key: string, value: unknown): unknown =>
    (key === "title" || key === "$schema") && typeof value === "string" ? undefined : value;
  return JSON.stringify(JSON.parse(schema, drop));
}

export function jsonSchemaKeywords(): Plugin {
  return {
    name: "json-schema-keywords",
    apply: "build",
    enforce: "pre",
    transform(code, id) {
      if (/models[\\/]manifest\.schema\.json$/.test(id)) return { code: untitled(code), map: null };
      const file =
        /@cfworker[\\/]json-schema[\\/]dist[\\/]esm[\\/](validate|dereference|format|deep-compare-strict)\.js$/.exec(
          id,
        )?.[1];
      if (file === undefined) return null;
      const schema = readFileSync(SCHEMA, "utf8");
      if (file === "dereference") return { code: usedReferencesOnly(code, schema), map: null };
      if (file === "validate") return { code: usedKeywordsOnly(code, schema), map: null };
      if (file === "deep-compare-strict") return { code: SCALARS_ONLY, map: null };
      return uses(schema, "format") ? null : { code: "export const format = {};", map: null };
    },
  };
}
