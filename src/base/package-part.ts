/** Loads code of this package that is in separate files: see docs/decisions/package.md. */
import { DownloadError } from "./errors";

/** Awaits an import(). Throws DownloadError where the file cannot be fetched, which import() reports as a TypeError. */
export function packagePart<T>(part: Promise<T>): Promise<T> {
  return part.catch((cause: unknown) => {
    throw new DownloadError({
      where: "colorize-canvas",
      expected: "a file of this package",
      received: String(cause),
      hint: "Check the connection, and that all of dist is served; then reload the page.",
      cause,
    });
  });
}
