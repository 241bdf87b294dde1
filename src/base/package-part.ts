/** Code of this package that comes in files of its own: see docs/decisions/package.md. */
import { DownloadError } from "./errors";

/** What import() gives. Throws DownloadError where the file does not arrive, which import() says as a TypeError. */
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
