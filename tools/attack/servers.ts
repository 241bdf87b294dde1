/** Servers that stall, lie, redirect or never end: a model is loaded whole, or a typed error says why not, soon and in little memory. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { loadModel } from "../../src/weights/model/files";
import { answer } from "../../test/shared/answering-server";
import { tinyModel } from "../../test/shared/tiny-model";
import { Finding, fromJsonInput, jsonInput, whole, type Attack, type Checked } from "./attack";
import { refusal } from "./promises";

interface Context {
  readonly body: Uint8Array;
  readonly path: string;
  readonly request: IncomingMessage;
}

const STALL = 300;
/** Seconds on the clock that a load may take: all stalls and pauses before retries, one after another. */
const MOST_SECONDS = 12;

const files = tinyModel();

function endless(response: ServerResponse, text: string | Buffer): void {
  const more = (): void => void (response.destroyed || response.write(text, () => setImmediate(more)));
  more();
}

/** A body in small pieces. */
function dripping(response: ServerResponse, body: Uint8Array): void {
  let at = 0;
  const timer = setInterval(() => {
    const end = at + Math.ceil(body.length / 8);
    response.write(body.subarray(at, end));
    at = end;
    if (at < body.length && !response.destroyed) return;
    clearInterval(timer);
    response.end();
  }, 20);
}

/** How a server answers with the right file. */
const RIGHT: Readonly<Record<string, (response: ServerResponse, context: Context) => void>> = {
  "the file": (response, { body }) => void response.writeHead(200, { "content-length": body.length }).end(body),
  "in pieces": (response, { body }) => dripping(response, body),
  compressed: (response, { body }) => void response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body)),
  redirected: (response, { path }) => void response.writeHead(302, { location: `/real${path}` }).end(),
};

const manyFiles = Buffer.from(
  JSON.stringify({
    format: 2,
    files: Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`f${i}`, { path: `${i}.onnx` }])),
  }),
);
const bomb = gzipSync(Buffer.alloc(2 ** 26));

/** How it answers otherwise. */
const WRONG: Readonly<Record<string, (response: ServerResponse, context: Context) => void>> = {
  nothing: () => undefined,
  "headers only": (response, { body }) => response.writeHead(200, { "content-length": body.length }).flushHeaders(),
  "half of it": (response, { body }) =>
    void response.writeHead(200, { "content-length": body.length }).write(body.subarray(0, body.length / 2)),
  "half of it, then cut": (response, { body }) =>
    void response
      .writeHead(200, { "content-length": body.length })
      .write(body.subarray(0, body.length / 2), () => response.destroy()),
  "cut at once": (response) => void response.destroy(),
  "a page": (response) =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>"),
  "a page without end": (response) => endless(response, "<p>"),
  "numbers without end": (response) => endless(response, `[${"0,".repeat(5000)}`),
  "zeros without end": (response) => endless(response, Buffer.alloc(2 ** 16)),
  "zeros that are small": (response) => void response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
  "wrongly compressed": (response, { body }) => void response.writeHead(200, { "content-encoding": "gzip" }).end(body),
  "one byte less": (response, { body }) => void response.end(body.subarray(1)),
  "one byte more": (response, { body }) => void response.end(Buffer.concat([body, Buffer.of(0)])),
  "another byte": (response, { body }) =>
    void response.end(body.map((byte, i) => (i === body.length >> 1 ? byte ^ 1 : byte))),
  "no byte": (response) => void response.end(),
  "2 GiB announced": (response, { body }) => void response.writeHead(200, { "content-length": 2 ** 31 }).write(body),
  "a length that is no number": (_response, { request }) =>
    void request.socket.end("HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\nx"),
  "no HTTP": (_response, { request }) => void request.socket.end("220 mail.example ESMTP\r\n"),
  "headers without end": (_response, { request }) =>
    void request.socket.end(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(10 ** 6)}`),
  "redirected to itself": (response, { path }) => void response.writeHead(302, { location: path }).end(),
  "redirected to nobody": (response) => void response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  "redirected to a file": (response) => void response.writeHead(302, { location: "file:///etc/passwd" }).end(),
  "redirected nowhere": (response) => void response.writeHead(302).end(),
  "no content": (response) => void response.writeHead(204).end(),
  "a part": (response, { body }) =>
    void response.writeHead(206, { "content-range": `bytes 0-9/${body.length}` }).end(body.subarray(0, 10)),
  forbidden: (response) => void response.writeHead(403).end("no"),
  missing: (response) => void response.writeHead(404).end("no"),
  busy: (response) => void response.writeHead(429, { "retry-after": "100000" }).end(),
  broken: (response) => void response.writeHead(500).end("<html>no"),
  "20,000 files": (response) => void response.end(manyFiles),
  "deep brackets": (response) => void response.end("[".repeat(500_000)),
};
const ANSWERS = { ...RIGHT, ...WRONG };

/** By path: the answers to the first, second, ... request; the last one is repeated. */
type Input = Readonly<Record<string, readonly string[]>>;

async function check(bytes: Uint8Array): Promise<Checked> {
  const input = fromJsonInput<Input>(bytes);
  const server = await answer((path, response, nth, request) => {
    response.on("error", () => undefined);
    request.socket.on("error", () => undefined);
    const name = path.replace(/^\/(real\/)?/, "");
    const answers = input[name] ?? [];
    const chosen = path.startsWith("/real/") ? "the file" : (answers[Math.min(nth, answers.length) - 1] ?? "the file");
    const body = files[name];
    if (body) ANSWERS[chosen]!(response, { body, path, request });
    else response.writeHead(404).end();
  });
  const start = performance.now();
  let outcome: string;
  try {
    const { files: loaded } = await loadModel(`${server.url}model.json`, { stallTimeout: STALL });
    for (const [name, content] of Object.entries(loaded))
      if (Buffer.compare(content, files[`${name}.onnx`]!) !== 0) throw new Finding(`${name} is another file`);
    outcome = "loaded";
  } catch (error) {
    if (error instanceof Finding) throw error;
    const right = Object.values(input).every((answers) => answers.every((answer) => answer in RIGHT));
    if (right) throw new Finding(`refused without a reason: ${String(error)}`);
    outcome = refusal(error);
  } finally {
    await server.close();
  }
  const seconds = (performance.now() - start) / 1000;
  if (seconds > MOST_SECONDS) throw new Finding(`${seconds.toFixed(0)} s on the clock`);
  return { outcome };
}

/** Every answer once: for the manifest or, every other time, for a network. */
async function corpus(): Promise<Record<string, Uint8Array>> {
  const named = Object.keys(ANSWERS).map((answer, i) => {
    const name = `${answer.replaceAll(/[ ,]+/g, "-")}.json`;
    return [name, jsonInput({ [i % 2 === 0 ? "model.json" : "colorizer.onnx"]: [answer] })] as const;
  });
  return Object.fromEntries(named);
}

export const servers: Attack = {
  name: "servers",
  about: "servers that stall, lie about lengths, send pages, redirect, cut off or never end",
  share: 2,
  seconds: 5,
  memory: 2e8,
  invent: (dice) => {
    const answers = (): string[] =>
      Array.from({ length: 1 + dice.below(3) }, () => dice.pick(Object.keys(dice.chance(0.4) ? RIGHT : ANSWERS)));
    const wrong = dice.pick(Object.keys(files));
    const input = Object.fromEntries(
      Object.keys(files).map((name) => [name, name === wrong || dice.chance(0.2) ? answers() : ["the file"]]),
    );
    return whole(jsonInput(input));
  },
  corpus,
  check,
};
