/** A small static server, for what browser tests and benches build. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".css": "text/css",
  ".html": "text/html",
  ".json": "application/json",
  ".jpg": "image/jpeg",
  ".svg": "image/svg+xml",
};

export interface Site {
  readonly address: string;
  close(): void;
}

/**
 * Serves `files` (by path, the promised ones when they are there) and below them the folders (by path prefix), all with these headers. Unknown paths are
 * answered by 404.
 */
export async function serve(
  files: Readonly<Record<string, string | Uint8Array | Promise<Uint8Array>>>,
  folders: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const body = (await files[path]) ?? fromFolder(folders, path);
    const type = TYPES[extname(path) || ".html"] ?? "application/octet-stream";
    const length = body?.length ?? 0;
    response.writeHead(body === undefined ? 404 : 200, { ...headers, "content-type": type, "content-length": length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}`;
  return { address, close: () => void server.close() };
}

function fromFolder(folders: Readonly<Record<string, string>>, path: string): Uint8Array | undefined {
  const prefix = Object.keys(folders).find((name) => path.startsWith(name));
  if (prefix === undefined) return undefined;
  try {
    return readFileSync(join(folders[prefix]!, normalize(`/${path.slice(prefix.length)}`)));
  } catch {
    return undefined;
  }
}
