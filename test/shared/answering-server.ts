/** A local HTTP server whose answers a test writes down, and which remembers the requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface TestServer {
  readonly url: string;
  /** Paths in order of arrival. */
  readonly requests: string[];
  close(): Promise<void>;
}

export async function answer(
  respond: (path: string, response: ServerResponse, nth: number, request: IncomingMessage) => void,
): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    respond(path, response, requests.filter((other) => other === path).length, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
