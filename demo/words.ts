/** What the page says when something does not work, in words for everyone. Details are folded, and go to the console. */
import { EngineError } from "../src/index";

const NOT_SECURE = "The networks need WebGPU, which browsers offer to secure pages only. Open this page over https.";

const NO_WEBGPU =
  "This browser has no WebGPU, which the networks run on. Open this page in a current version of Chrome, Edge, Safari " +
  "or Firefox.";

const NO_ADAPTER =
  "This browser cannot use the graphics processor. Turn on graphics or hardware acceleration in its settings, " +
  "update the graphics driver, or try another browser.";

/** Megabytes of onnxruntime-web, from vite.config.ts. */
declare const ONNXRUNTIME_MEGABYTES: number;

function onProcessor(text: string): Said {
  const or = `Or colour on the processor: slower, ${ONNXRUNTIME_MEGABYTES} MB more to download.`;
  return { text: `${text} ${or}`, remedy: "processor" };
}

/** Why the graphics processor colours nothing here, or undefined where it can. */
export async function missingWebGpu(): Promise<Said | undefined> {
  if (!isSecureContext) return { text: NOT_SECURE, remedy: "none" };
  if (!("gpu" in navigator)) return onProcessor(NO_WEBGPU);
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : onProcessor(NO_ADAPTER);
}

/** Files that visitors take for pictures that browsers show. */
export type FileKind = "HEIC" | "PDF";

/** A file that no picture could be made of. */
export class UnreadableFile extends Error {
  readonly kind: FileKind | undefined;

  constructor(name: string, { kind, cause }: { readonly kind?: FileKind | undefined; readonly cause: unknown }) {
    super(name, { cause });
    this.kind = kind;
  }
}

/** One of the page's own pictures that did not come. */
export class MissingSample extends Error {}

/** A photograph whose work failed before, for this reason. */
export class NotColoured extends Error {
  constructor(readonly failure: Failure) {
    super(failure.text);
  }
}

interface Said {
  /** In words for everyone. */
  readonly text: string;
  /** What can be done here: try again (default), reload the page, colour on the processor, or nothing. */
  readonly remedy?: "reload" | "processor" | "none";
}

export interface Failure extends Said {
  /** For those who can help. */
  readonly details: string;
}

/** The message of an error and of its causes, each on a line. */
export function failure(text: string, error: unknown): Failure {
  const lines: string[] = [];
  for (let one = error; one !== undefined; one = one instanceof Error ? one.cause : undefined) lines.push(String(one));
  return { text, details: lines.join("\n") };
}

/** What to tell somebody whose photograph `name` was not coloured. */
export async function explain(error: unknown, name: string): Promise<Failure> {
  if (error instanceof NotColoured) return error.failure;
  const said = await words(error, name);
  return { ...failure("", error), ...(typeof said === "string" ? { text: said } : said) };
}

/** Whether a photograph's file holds no picture, or cannot be read, as it is gone. */
export function isUnreadable(error: unknown): boolean {
  if (error instanceof DOMException) return ["NotReadableError", "NotFoundError"].includes(error.name);
  return error instanceof UnreadableFile;
}

/** Whether a file of the page's own code did not come. Browsers do not ask for it again before the page is reloaded. */
function isMissingPart(error: unknown): boolean {
  if (error instanceof EngineError) return /^(a file of this package|onnxruntime-web at)/.test(error.expected);
  return error instanceof TypeError && /import/i.test(error.message);
}

async function words(error: unknown, name: string): Promise<string | Said> {
  const code = error instanceof EngineError ? error.code : undefined;
  if (error instanceof MissingSample)
    return `“${name}” could not be downloaded. Check the internet connection, and try again.`;
  const kind = error instanceof UnreadableFile ? error.kind : undefined;
  if (kind === "HEIC")
    return `“${name}” is a HEIC photograph, which this browser cannot read. On the device that has it, export it as JPEG first.`;
  if (kind === "PDF") return `“${name}” is a PDF file. Save its page as a picture first, JPEG or PNG.`;
  if (isUnreadable(error) || code === "image")
    return `“${name}” is damaged, or not a picture that this browser can read. Try another copy, or a JPEG, PNG or WebP file.`;
  if (isMissingPart(error)) {
    const text = "A part of this page could not be loaded. Check the internet connection, then reload the page.";
    return { text, remedy: "reload" };
  }
  if (code === "download")
    return navigator.onLine
      ? "The networks could not be downloaded. Check the internet connection, and try again."
      : "There is no internet connection, and the networks are not on this device yet. Connect, and try again.";
  if (code === "device")
    return (
      (await missingWebGpu()) ??
      `The graphics processor could not colour “${name}”, perhaps for lack of memory. Close other pages and programs that use ` +
        "it, and try again."
    );
  const text = `“${name}” could not be coloured. Reload the page and try again; colours that are not saved are lost by that.`;
  return { text, remedy: "reload" };
}
