/** model.json: what a model folder holds and how its networks are to be fed. docs/model-format.md describes it. */
import { ManifestError } from "../errors";
import { pathProblem } from "./paths";

export interface ManifestFile {
  /** Relative to model.json, in its folder or below. */
  readonly path: string;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Image -> embedding: an ImageNet classifier's scores before the softmax. */
export interface EmbedderManifest {
  /** A key of `files`. */
  readonly file: string;
  /** Name of the ONNX input: [1, channels, size, size], the luminance in every channel. */
  readonly input: string;
  /** Name of the ONNX output: [1, N]. */
  readonly output: string;
  /** Pixels along both sides. */
  readonly size: number;
  readonly channels: number;
  /** Black and white as the network wants them. */
  readonly range: readonly [number, number];
}

/** Luminance and embedding -> a*b*. */
export interface ColorizerManifest {
  readonly file: string;
  /** Name of the ONNX input [1, 1, H, W]: L* (0..100) x luminanceScale + luminanceOffset. */
  readonly luminance: string;
  /** Name of the ONNX input [1, N]. */
  readonly embedding: string;
  /** Name of the ONNX output [1, 2, H, W]: a*, b* divided by chromaScale. */
  readonly output: string;
  /** Working size in pixels: the side of the square that has as many pixels as the working picture. */
  readonly size: number;
  /** H and W must be multiples of it. */
  readonly multiple: number;
  readonly luminanceScale: number;
  readonly luminanceOffset: number;
  readonly chromaScale: number;
  /** Factor on a* and b* that suits this model; 1 changes nothing. */
  readonly saturation: number;
}

export interface Manifest {
  readonly format: 1;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly files: Readonly<Record<string, ManifestFile>>;
  readonly embedder: EmbedderManifest;
  readonly colorizer: ColorizerManifest;
  /** Facts for people: recipe, hardware, samples. */
  readonly training: Readonly<Record<string, unknown>>;
  /** Facts for people: scores by evaluation set. */
  readonly metrics: Readonly<Record<string, unknown>>;
}

/**
 * Checks a parsed model.json and gives it its type. Keys it does not know are ignored. `where` names the file in
 * messages; ManifestError adds the JSON path of the first wrong value.
 */
export function parseManifest(json: unknown, where: string): Manifest {
  const root = new Section(json, where, "$");
  const format = root.value("format");
  if (format !== 1)
    throw root.wrong("format", "1", format, "This model is for another version of the package: update one of them.");
  const files: Record<string, ManifestFile> = Object.create(null) as Record<string, ManifestFile>;
  const list = root.section("files");
  for (const key of list.keys()) {
    const entry = list.section(key);
    files[key] = { path: entry.path("path"), sha256: entry.hash("sha256"), bytes: entry.integer("bytes", 1, 2 ** 31) };
  }
  return {
    format,
    name: root.text("name"),
    version: root.text("version"),
    license: root.text("license"),
    files,
    embedder: embedder(root.section("embedder"), files),
    colorizer: colorizer(root.section("colorizer"), files),
    training: root.facts("training"),
    metrics: root.facts("metrics"),
  };
}

function embedder(section: Section, files: Manifest["files"]): EmbedderManifest {
  return {
    file: section.oneOf("file", Object.keys(files)),
    input: section.text("input"),
    output: section.text("output"),
    size: section.integer("size", 8, 4096),
    channels: section.integer("channels", 1, 4),
    range: section.range("range"),
  };
}

function colorizer(section: Section, files: Manifest["files"]): ColorizerManifest {
  const size = section.integer("size", 8, 4096);
  const multiple = section.integer("multiple", 1, 512);
  if (size % multiple !== 0) throw section.wrong("size", `a multiple of ${multiple} (see "multiple")`, size);
  return {
    file: section.oneOf("file", Object.keys(files)),
    luminance: section.text("luminance"),
    embedding: section.text("embedding"),
    output: section.text("output"),
    size,
    multiple,
    luminanceScale: section.number("luminanceScale", Number.MIN_VALUE, 1000),
    luminanceOffset: section.number("luminanceOffset", -1000, 1000),
    chromaScale: section.number("chromaScale", Number.MIN_VALUE, 1000),
    saturation: section.optional("saturation") ? section.number("saturation", 0, 10) : 1,
  };
}

/** One JSON object and its path from the root, for messages. */
class Section {
  private readonly object: Readonly<Record<string, unknown>>;

  constructor(
    value: unknown,
    private readonly where: string,
    private readonly at: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.error(at, "an object", value, undefined);
    this.object = value as Record<string, unknown>;
  }

  keys(): string[] {
    return Object.keys(this.object);
  }

  value(key: string): unknown {
    return Object.hasOwn(this.object, key) ? this.object[key] : undefined;
  }

  optional(key: string): boolean {
    return this.value(key) !== undefined;
  }

  section(key: string): Section {
    return new Section(this.value(key), this.where, `${this.at}.${key}`);
  }

  /** An object that is passed on as it is; empty when absent. */
  facts(key: string): Readonly<Record<string, unknown>> {
    return this.optional(key) ? this.section(key).object : {};
  }

  text(key: string): string {
    const value = this.value(key);
    if (typeof value !== "string" || value === "") throw this.wrong(key, "a string that is not empty", value);
    return value;
  }

  oneOf(key: string, allowed: readonly string[]): string {
    const value = this.text(key);
    if (!allowed.includes(value)) throw this.wrong(key, `one of the files: ${allowed.join(", ")}`, value);
    return value;
  }

  number(key: string, low: number, high: number): number {
    const value = this.value(key);
    if (typeof value !== "number" || !(value >= low && value <= high))
      throw this.wrong(
        key,
        low === Number.MIN_VALUE ? `a number above 0, at most ${high}` : `${low} to ${high}`,
        value,
      );
    return value;
  }

  integer(key: string, low: number, high: number): number {
    const value = this.value(key);
    if (!Number.isSafeInteger(value) || (value as number) < low || (value as number) > high)
      throw this.wrong(key, `a whole number from ${low} to ${high}`, value);
    return value as number;
  }

  range(key: string): readonly [number, number] {
    const value = this.value(key);
    const [low, high] = Array.isArray(value) ? (value as unknown[]) : [];
    if (!Array.isArray(value) || value.length !== 2 || !Number.isFinite(low) || !Number.isFinite(high) || low === high)
      throw this.wrong(key, "two different numbers, [black, white]", value);
    return [low as number, high as number];
  }

  hash(key: string): string {
    const value = this.value(key);
    if (typeof value !== "string" || !/^[0-9a-f]{64}$/i.test(value))
      throw this.wrong(key, "64 hexadecimal digits", value);
    return value.toLowerCase();
  }

  path(key: string): string {
    const value = this.text(key);
    const problem = pathProblem(value);
    if (problem) throw this.wrong(key, "a path inside the model's folder", `${problem}: ${JSON.stringify(value)}`);
    return value;
  }

  wrong(key: string, expected: string, received: unknown, hint?: string): ManifestError {
    return this.error(`${this.at}.${key}`, expected, received, hint);
  }

  private error(at: string, expected: string, received: unknown, hint: string | undefined): ManifestError {
    const shown =
      received === undefined ? "nothing" : typeof received === "string" ? received : JSON.stringify(received);
    return new ManifestError({
      where: `${this.where} at ${at}`,
      expected,
      received: shown.length > 200 ? `${shown.slice(0, 200)}...` : shown,
      hint: hint ?? "Correct model.json; docs/model-format.md describes it.",
    });
  }
}
