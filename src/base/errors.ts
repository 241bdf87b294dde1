/**
 * Every error this package throws on purpose. A message says where it went wrong, what was
 * expected, what came, and what to do next. This module imports nothing, so any layer may use it.
 */

/** The parts of an error's message; each is kept as a property for programs. */
export interface ErrorFacts {
  /** Where: a file, a node's name, a parameter, a URL. */
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  /** The next step for the person who reads it. */
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

/** The model file itself is damaged, hostile or contradicts itself. */
export class ModelError extends EngineError {
  override readonly name = "ModelError";
  override readonly code = "model";
}

/** One thing in a model that this engine does not do. */
export interface Unsupported {
  /** The ONNX node's name, or its first output when it has none. */
  readonly node: string;
  readonly op: string;
  /** Why: "not implemented", "attribute mode=cubic", ... */
  readonly reason: string;
}

/** The model is sound but asks for what the engine does not do; lists everything at once. */
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

/** A graph contradicts itself: a bug in import or in a pass, not in the model. */
export class GraphError extends EngineError {
  override readonly name = "GraphError";
  override readonly code = "graph";
}

/** A downloaded file does not have the expected bytes, or cannot be fetched. */
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

/** A kernel was asked for something outside its contract: a bug in lowering, not in the model. */
export class KernelError extends EngineError {
  override readonly name = "KernelError";
  override readonly code = "kernel";

  constructor(kernel: string, expected: string, received: string) {
    super({ where: `kernel ${kernel}`, expected, received });
  }
}
