/** Errors that cross between a page and its worker keep their class, code, facts and causes. */
import {
  DeviceError,
  DownloadError,
  EngineError,
  GraphError,
  ImageError,
  InputError,
  KernelError,
  ManifestError,
  messageOf,
  ModelError,
  UnsupportedError,
  type ErrorFacts,
  type Unsupported,
} from "../base/errors";

/** An error as a message may hold it. Errors of the browser, such as TypeError, are cloned as they are. */
export type SentError = SentEngineError | { readonly plain: unknown };

interface SentEngineError {
  readonly code: string;
  readonly facts: Omit<ErrorFacts, "cause">;
  readonly items?: readonly Unsupported[];
  readonly cause?: SentError;
}

/** What is thrown, as a message may hold it. */
export function sentError(thrown: unknown): SentError {
  if (!(thrown instanceof EngineError)) return { plain: cloneable(thrown) };
  const { code, where, expected, received, hint, cause } = thrown;
  return {
    code,
    facts: { where, expected, received, hint },
    ...(thrown instanceof UnsupportedError && { items: thrown.items }),
    ...(cause !== undefined && { cause: sentError(cause) }),
  };
}

/** The error of a message, of the class that was thrown. */
export function receivedError(sent: SentError): unknown {
  if ("plain" in sent) return sent.plain;
  const { code, facts, items, cause } = sent;
  if (items) return new UnsupportedError(facts.where, items);
  if (code === "kernel") return new KernelError(facts.where.replace(/^kernel /, ""), facts.expected, facts.received);
  const Class = CLASSES.find((one) => new one(facts).code === code) ?? EngineError;
  return new Class({ ...facts, ...(cause && { cause: receivedError(cause) }) });
}

const CLASSES: readonly (new (facts: ErrorFacts) => EngineError)[] = [
  DeviceError,
  DownloadError,
  GraphError,
  ImageError,
  InputError,
  ManifestError,
  ModelError,
];

/** `thrown`, or its message where it cannot be cloned. */
function cloneable(thrown: unknown): unknown {
  try {
    return structuredClone(thrown);
  } catch {
    return new Error(messageOf(thrown));
  }
}
