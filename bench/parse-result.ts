/** Reads result files that may come from anywhere: what is no result of this bench is refused. */
import { Validator, type Schema } from "@cfworker/json-schema";
import { messageOf } from "../src/base/errors";
import type { Result } from "./results";
import type { Row } from "./rows";

const text: Schema = { type: "string" };
const number: Schema = { type: "number" };
const texts: Schema = { type: "object", additionalProperties: text };
const elem: Schema = { enum: ["f32", "f16"] };
const spread: Schema = objectOf({ median: number, low: number, high: number, repeats: number });

/** An object that has these properties, and those whose names end with "?" where it has them. */
function objectOf(properties: Readonly<Record<string, Schema>>): Schema {
  const names = Object.keys(properties);
  return {
    type: "object",
    required: names.filter((name) => !name.endsWith("?")),
    properties: Object.fromEntries(names.map((name) => [name.replace("?", ""), properties[name]!])),
  };
}

const HEAD = objectOf({
  facts: objectOf({
    date: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}T" },
    cores: number,
    system: text,
    versions: texts,
  }),
  options: { type: "object" },
  adapters: { type: "object", additionalProperties: texts },
  rows: { type: "array", minItems: 1 },
  failures: { type: "array", items: objectOf({ job: text, error: text }) },
  "steps?": { type: "array", items: objectOf({ name: text, seconds: number }) },
});

const PLACE = { where: { enum: ["node", "chromium", "browser"] }, adapter: text, "step?": text, "error?": text };
const ROWS: Readonly<Record<Row["kind"], Schema>> = {
  device: objectOf({ ...PLACE, info: texts, features: { type: "array", items: text }, limits: { type: "object" } }),
  test: objectOf({ ...PLACE, file: text, name: text, state: { enum: ["passed", "failed", "skipped"] } }),
  roof: objectOf({ ...PLACE, gflops: number, gbytes: number, cachedGbytes: number }),
  kernel: objectOf({ ...PLACE, name: text, elem, "flops?": number, "bytes?": number, "wall?": spread, "gpu?": spread }),
  model: objectOf({
    ...PLACE,
    elem,
    size: number,
    picture: { type: "array", items: number, minItems: 2 },
    "cold?": number,
    "total?": spread,
    "stages?": objectOf({ embedder: spread, colorizer: spread, luminance: spread, recombine: spread }),
  }),
  peer: objectOf({
    ...PLACE,
    subject: text,
    contender: text,
    elem,
    ours: { type: "boolean" },
    "wall?": spread,
    "times?": { type: "array", items: number },
    "difference?": number,
    "allowed?": number,
  }),
  profile: objectOf({
    ...PLACE,
    subject: text,
    elem,
    "pipelines?": number,
    "steps?": {
      type: "array",
      items: objectOf({ kernel: text, milliseconds: number, gflops: number, gbytes: number }),
    },
  }),
  endurance: objectOf({
    ...PLACE,
    elem,
    samples: { type: "array", items: objectOf({ pictures: number, live: number }) },
  }),
};

/** The result in a file of this content. Throws where it is none; `name` is the file's name in the error. */
export function parseResult(content: string, name: string): Result {
  const refuse = (received: string): Error =>
    new Error(
      `${name}: expected a JSON file written by npm run bench, run.sh of bench:pack or the page of bench:page; received ${received}`,
    );
  let result: Result;
  try {
    result = JSON.parse(content) as Result;
  } catch (error) {
    throw refuse(`no JSON (${messageOf(error)})`);
  }
  const problem = problemOf(result, HEAD);
  if (problem !== undefined) throw refuse(problem);
  for (const [i, row] of result.rows.entries()) {
    const schema = Object.hasOwn(ROWS, String(row?.kind)) ? ROWS[row.kind] : undefined;
    const wrong = schema ? problemOf(row, schema) : `a row of unknown kind ${JSON.stringify(row?.kind)}`;
    if (wrong !== undefined) throw refuse(`in row ${i + 1} ${wrong}`);
  }
  return result;
}

/** What the schema says against this value. */
function problemOf(value: unknown, schema: Schema): string | undefined {
  const { errors } = new Validator(schema, "2020-12").validate(value);
  // Of the others the last one is the innermost.
  const error = errors.find(({ keyword }) => keyword === "required") ?? errors.at(-1);
  return error && `${error.instanceLocation.replace(/^#\/?/, "") || "the whole"}: ${error.error}`;
}
