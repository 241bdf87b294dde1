/**
 * The errors of this package. A message says where the error occurred, what was expected, what was received, and what to do
 * next. This module imports nothing, so any layer may use it.
 */

/** The parts of an error's message; each is kept as a property for programs. */
export interface ErrorFacts {
  /** The place of the error: a file, a node's name, a parameter, a URL. */
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  /** What the reader should do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Most bytes of a part of a message, so that all four have at most 4 KB however long a file's names are. */
const PART_BYTES = 960;

/** `text`, or its beginning in at most PART_BYTES of UTF-8. */
function clipped(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(PART_BYTES));
  return read < text.length ? `${text.slice(0, read)}... (${text.length - read} more characters)` : text;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What kind of error it is, for programs; one for each class. */
export type ErrorCode =
  "engine" | "model" | "unsupported" | "manifest" | "graph" | "download" | "input" | "image" | "device" | "kernel";

/** Base class: `catch (e) { if (e instanceof EngineError) ... e.code }`. */
export class EngineError extends Error {
  override readonly name: string = "EngineError";
  readonly code: ErrorCode = "engine";
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  readonly hint: string | undefined;

  constructor(facts: ErrorFacts) {
    const [where, expected, received] = [facts.where, facts.expected, facts.received].map(clipped) as [
      string,
      string,
      string,
    ];
    const hint = facts.hint === undefined ? undefined : clipped(facts.hint);
    super(
      `${where}: expected ${expected}, received ${received}.${hint === undefined ? "" : ` ${hint}`}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.where = where;
    this.expected = expected;
    this.received = received;
    this.hint = hint;
  }
}

/** The model file is damaged, malicious or inconsistent. */
export class ModelError extends EngineError {
  override readonly name = "ModelError";
  override readonly code = "model";
}

/** One unsupported feature of a model. */
export interface Unsupported {
  /** The ONNX node's name, or its first output when it has none. */
  readonly node: string;
  readonly op: string;
  /** What is unsupported: "not implemented", "attribute mode=cubic", ... */
  readonly reason: string;
}

/** The model is valid but needs unsupported ops or attributes; the message lists all of them that fit in it. */
export class UnsupportedError extends EngineError {
  override readonly name = "UnsupportedError";
  override readonly code = "unsupported";
  /** All of them. */
  readonly items: readonly Unsupported[];

  constructor(where: string, items: readonly Unsupported[]) {
    super({
      where,
      expected: "only supported ops and attributes",
      received: `${items.length} unsupported: ${items.map(({ op, node, reason }) => `${op} "${node}" (${reason})`).join("; ")}`,
      hint: "Export the model with other options, or see docs/ops.md for what is supported.",
    });
    this.items = items;
  }
}

/** A model.json is wrong, or a file does not match it. */
export class ManifestError extends EngineError {
  override readonly name = "ManifestError";
  override readonly code = "manifest";
}

/** A graph is inconsistent: a bug in import or in a pass, not in the model. */
export class GraphError extends EngineError {
  override readonly name = "GraphError";
  override readonly code = "graph";
}

/** A file cannot be fetched, or does not have the expected bytes. */
export class DownloadError extends EngineError {
  override readonly name = "DownloadError";
  override readonly code = "download";
}

/** An argument of a public call is wrong. */
export class InputError extends EngineError {
  override readonly name = "InputError";
  override readonly code = "input";
}

/** A picture cannot be read, or is too large. */
export class ImageError extends EngineError {
  override readonly name = "ImageError";
  override readonly code = "image";
}

/** No WebGPU, no adapter, a limit too low, out of memory or a lost device. */
export class DeviceError extends EngineError {
  override readonly name = "DeviceError";
  override readonly code = "device";
}

/** A kernel received unsupported parameters: a bug in lowering, not in the model. */
export class KernelError extends EngineError {
  override readonly name = "KernelError";
  override readonly code = "kernel";

  constructor(kernel: string, expected: string, received: string) {
    super({ where: `kernel ${kernel}`, expected, received });
  }
}
