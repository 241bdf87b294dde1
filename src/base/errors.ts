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

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Base class: `catch (e) { if (e instanceof EngineError) ... e.code }`. */
export class EngineError extends Error {
  override readonly name: string = "EngineError";
  readonly code: string = "engine";
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  readonly hint: string | undefined;

  constructor(facts: ErrorFacts) {
    const hint = facts.hint === undefined ? "" : ` ${facts.hint}`;
    super(
      `${facts.where}: expected ${facts.expected}, received ${facts.received}.${hint}`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.where = facts.where;
    this.expected = facts.expected;
    this.received = facts.received;
    this.hint = facts.hint;
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

/** The model is valid but needs unsupported ops or attributes; the message lists all of them. */
export class UnsupportedError extends EngineError {
  override readonly name = "UnsupportedError";
  override readonly code = "unsupported";
  readonly items: readonly Unsupported[];

  constructor(where: string, items: readonly Unsupported[]) {
    super({
      where,
      expected: "only supported ops and attributes",
      received: `${items.length} unsupported: ${items
        .map((item) => `${item.op} "${item.node}" (${item.reason})`)
        .join("; ")}`,
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
