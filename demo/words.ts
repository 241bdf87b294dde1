/** What the page says when something does not work, in words for everyone. Details are folded, and go to the console. */
import { EngineError } from "../src/index";

const NOT_SECURE = "The networks need WebGPU, which browsers offer to secure pages only. Open this page over https.";

const NO_WEBGPU =
  "This browser has no WebGPU, which the networks run on. Open this page in a current version of Chrome, Edge, Safari " +
  "or Firefox.";

const NO_ADAPTER =
  "This browser cannot use the graphics processor, which the networks run on. Turn on graphics or hardware acceleration in " +
  "the browser's settings and start it again, update the graphics driver, or try another browser.";

/** Why nothing can be coloured here, or undefined where it can. */
export async function missingWebGpu(): Promise<string | undefined> {
  if (!isSecureContext) return NOT_SECURE;
  if (!("gpu" in navigator)) return NO_WEBGPU;
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  return adapter ? undefined : NO_ADAPTER;
}

/** A file that no picture could be made of. */
export class UnreadableFile extends Error {}

/** One of the page's own pictures that did not come. */
export class MissingSample extends Error {}

/** A photograph whose work failed before, for this reason. */
export class NotColoured extends Error {
  constructor(readonly failure: Failure) {
    super(failure.text);
  }
}

export interface Failure {
  /** In words for everyone. */
  readonly text: string;
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
  return failure(await words(error, name), error);
}

async function words(error: unknown, name: string): Promise<string> {
  const code = error instanceof EngineError ? error.code : undefined;
  if (error instanceof MissingSample)
    return `“${name}” could not be downloaded. Check the internet connection, and try again.`;
  if (error instanceof UnreadableFile || code === "image")
    return `“${name}” is damaged, or not a picture that this browser can read. Try another copy, or a JPEG, PNG or WebP file.`;
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
  return `“${name}” could not be coloured. Reload the page and try again; colours that are not saved are lost by that.`;
}
