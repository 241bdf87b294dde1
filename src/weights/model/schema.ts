/** Checks a parsed model.json against models/manifest.schema.json. */
import { dereference, validate, type OutputUnit, type Schema } from "@cfworker/json-schema";
import schema from "../../../models/manifest.schema.json";
import { ManifestError } from "../../base/errors";

const root = schema as Schema;
const references = dereference(root);

/** Throws ManifestError with the JSON path of the first wrong value. `where` names the file in messages. */
export function checkManifest(json: unknown, where: string): void {
  const { valid, errors } = validate(json ?? null, root, "2020-12", references);
  if (valid) return;
  throw wrongValue(where, ...describe(json, errors));
}

/** The error for one value of a model.json. `path` is its JSON path, from $. */
export function wrongValue(
  where: string,
  path: string,
  expected: string,
  received: unknown,
  hint = "Correct model.json; docs/model-format.md describes it.",
): ManifestError {
  const shown = received === undefined ? "nothing" : typeof received === "string" ? received : JSON.stringify(received);
  return new ManifestError({
    where: `${where} at ${path}`,
    expected,
    received: shown.length > 200 ? `${shown.slice(0, 200)}...` : shown,
    hint,
  });
}

/**
 * JSON path, expectation and value of the most precise error, that is the one about the value deepest in the document. Of several
 * errors about that value, a missing key comes first, then the first error, which belongs to the outermost schema.
 */
function describe(json: unknown, errors: readonly OutputUnit[]): [string, string, unknown, string?] {
  const depth = ({ instanceLocation }: OutputUnit): number => instanceLocation.split("/").length;
  const most = Math.max(...errors.map(depth));
  const last = errors.filter((error) => depth(error) === most);
  const deepest = last.find(({ keyword }) => keyword === "required") ?? last[0]!;
  const steps = pointer(deepest.instanceLocation);
  const value = steps.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], json);
  const path = steps.map((step) => `.${step}`).join("");
  // The schema `false` marks a key that the format does not have.
  if (deepest.keyword === "false") return [`$${path}`, "no such key", value];
  const rule = ruleAt(deepest.keywordLocation);
  if (deepest.keyword === "required") {
    const missing = rule.required!.find((key) => !Object.hasOwn(value as object, key))!;
    return [`$${path}.${missing}`, expectation(ruleOf(rule, missing)), undefined];
  }
  if (path === ".format")
    return [
      "$.format",
      expectation(rule),
      value,
      "This model is for another version of the package: update one of them.",
    ];
  return [`$${path}`, expectation(rule), value];
}

function pointer(location: string): string[] {
  return location
    .split("/")
    .slice(1)
    .map((step) => decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The schema that a keyword belongs to. */
function ruleAt(keywordLocation: string): Schema {
  return pointer(keywordLocation)
    .slice(0, -1)
    .reduce<Schema>((rule, step) => (step === "$ref" ? resolved(rule) : (rule as Record<string, Schema>)[step]!), root);
}

/** The schema of a property. */
function ruleOf(rule: Schema, key: string): Schema {
  return (rule.properties?.[key] ?? {}) as Schema;
}

function resolved({ $ref }: Schema): Schema {
  return pointer($ref!).reduce<Schema>((rule, step) => (rule as Record<string, Schema>)[step]!, root);
}

function expectation(rule: Schema): string {
  return (rule as { description?: string }).description ?? (rule.$ref ? expectation(resolved(rule)) : "another value");
}
