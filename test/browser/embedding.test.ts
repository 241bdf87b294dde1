/** What pages that embed the built element may demand: strict policies, two copies, values of frameworks, errors that say what to do. */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { browserModel } from "../shared/browser-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";

const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; worker-src 'self'",
  "require-trusted-types-for 'script'; trusted-types colorize-canvas",
].join("; ");
const PAGE = `<!doctype html><html lang="en"><title>element</title><link rel="icon" href="/samples/cat.jpg">
<script src="/violations.js"></script><script type="module" src="/dist/element.js"></script><body></body></html>`;
const VIOLATIONS = `globalThis.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(event.violatedDirective + ": " + event.blockedURI + " " + event.sample));`;

/** A model whose files are large enough for a worker to hash them. */
const MODEL = browserModel("inception-table", { unused: 2 ** 20 });

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

let dist: string;
let strict: Site;
/** A server of a single-page application: it responds to unknown addresses with its page. */
let fallback: Site;
let browser: Browser;
let page: Page;
let messages: string[];

beforeAll(async () => {
  dist = await built("dist");
  const at = (folder: string): Record<string, Uint8Array> =>
    Object.fromEntries(Object.entries(MODEL).map(([path, bytes]) => [`${folder}${path}`, bytes]));
  const second = (folder: string): string =>
    PAGE.replace("<body>", `<script type="module" src="/${folder}/element.js"></script><body>`);
  const pages = { "/": PAGE, "/twice": second("again"), "/versions": second("other"), "/violations.js": VIOLATIONS };
  const files = { ...pages, ...at("/models/inception-table/"), ...otherVersion() };
  strict = await serve(
    files,
    { "/dist/": dist, "/again/": dist, "/samples/": "samples" },
    { "content-security-policy": POLICY },
  );
  fallback = await serve(
    { "/models/inception-table/model.json": PAGE, "/": PAGE, "/violations.js": "" },
    { "/dist/": dist, "/samples/": "samples" },
  );
  browser = await launchBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  strict?.close();
  fallback?.close();
});

beforeEach(async () => {
  await page?.close();
  page = await browser.newPage();
  messages = [];
  page.on("pageerror", (error) => messages.push(`error ${String(error)}`));
  page.on("console", (message) => messages.push(`${message.type()} ${message.text()}`));
});

/** The package's files, with an element of another version. */
function otherVersion(): Record<string, string> {
  const names = readdirSync(dist).filter((name) => name.endsWith(".js"));
  const files = names.map((name): [string, string] => [`/other/${name}`, readFileSync(join(dist, name), "utf8")]);
  const named = files.filter(([, text]) => text.includes(`\`${version}\``));
  expect(named).not.toEqual([]);
  for (const file of named) file[1] = file[1].replace(`\`${version}\``, "`9.8.7`");
  return Object.fromEntries(files);
}

async function open(site: Site, path = "/"): Promise<void> {
  await page.goto(site.address + path);
  await page.evaluate(() => customElements.whenDefined("colorize-canvas").then(() => undefined));
}

/** Adds an element; resolves with the type of its first `load` or `error` and, for an error, its message. */
function add(attributes: Readonly<Record<string, string>> = {}): Promise<string> {
  return page.evaluate(
    (given) =>
      new Promise<string>((resolve) => {
        const element = document.createElement("colorize-canvas");
        for (const [name, value] of Object.entries({ src: "/samples/cat.jpg", ...given }))
          element.setAttribute(name, value);
        element.addEventListener("load", () => resolve("load"));
        element.addEventListener("error", ({ detail }) => resolve(`error ${detail.message}`));
        document.body.append(element);
      }),
    attributes,
  );
}

describe("under a strict content security policy with Trusted Types", () => {
  it("colours, shows its style and hashes in a worker, without a violation", async () => {
    // Large files are hashed by the worker, or the model does not load.
    await page.evaluateOnNewDocument(() => {
      const digest = crypto.subtle.digest.bind(crypto.subtle);
      crypto.subtle.digest = (algorithm, data) =>
        data.byteLength < 2 ** 21 ? digest(algorithm, data) : Promise.reject(new Error("hashed by the page"));
    });
    await open(strict);
    expect(await add()).toBe("load");
    const seen = await page.evaluate(() => {
      const canvas = document.querySelector("colorize-canvas")!.shadowRoot!.querySelector("[part=canvas]")!;
      const { position } = getComputedStyle(canvas);
      const { violations } = globalThis as unknown as { violations: string[] };
      return { position, violations, worker: String(Worker) };
    });
    expect(seen).toEqual({ position: "absolute", violations: [], worker: "function Worker() { [native code] }" });
    expect(messages).toEqual([]);
    if (process.env["SCREENSHOTS"]) {
      mkdirSync(process.env["SCREENSHOTS"], { recursive: true });
      await page.screenshot({ path: join(process.env["SCREENSHOTS"], "strict.png") as `${string}.png` });
    }
  });

  it("is a policy that the browser enforces", async () => {
    await open(strict);
    const refused = await page.evaluate(() => {
      const refused: string[] = [];
      for (const sink of [() => (document.body.innerHTML = "<b>"), () => new Worker("/violations.js")])
        try {
          sink();
        } catch (error) {
          refused.push((error as Error).name);
        }
      return refused;
    });
    expect(refused).toEqual(["TypeError", "TypeError"]);
    const violations = await page.evaluate("violations");
    expect(violations).toHaveLength(2);
  });
});

describe("a second copy of the module", () => {
  it("leaves the first, without a word where the versions are equal", async () => {
    await open(strict, "/twice");
    expect(messages).toEqual([]);
    expect(await add()).toBe("load");
  });

  it("warns where the versions differ", async () => {
    await open(strict, "/versions");
    expect(messages).toEqual([`warn colorize-canvas 9.8.7: this page already uses version ${version}, which stays.`]);
  });
});

it("takes undefined and null of frameworks for an attribute that is left out", async () => {
  await open(strict);
  const seen = await page.evaluate(() => {
    const element = document.createElement("colorize-canvas");
    const values = {
      src: "a",
      alt: "b",
      model: "c",
      loading: "lazy",
      compare: "hold",
      saturation: 2,
      warmth: 1,
      size: 64,
    };
    const more = { precision: "f32", crossOrigin: "anonymous", controls: true, width: 3, height: 2 };
    const set = (properties: Record<string, unknown>): string[] => {
      Object.assign(element, properties);
      return element.getAttributeNames();
    };
    const all = set({ ...values, ...more });
    const names = [...Object.keys(values), ...Object.keys(more), "source", "colorizer", "texts"];
    const none = set(Object.fromEntries(names.map((name) => [name, undefined])));
    set({ src: "a", saturation: 2, zoomable: true });
    const look = (): unknown[] => [element.comparePosition, element.comparing, element.zoom];
    set({ zoom: 2, comparePosition: 30 });
    const looks = [look()];
    set({ comparePosition: undefined, comparing: undefined, zoom: undefined });
    looks.push(look());
    set({ comparePosition: null, comparing: null, zoom: null, zoomable: undefined });
    looks.push(look());
    return { all: all.length, none, nulls: set({ src: null, saturation: null }), factor: element.saturation, looks };
  });
  const looks = [
    [30, false, 2],
    [50, false, 1],
    [50, false, 1],
  ];
  expect(seen).toEqual({ all: 13, none: [], nulls: [], factor: 1, looks });
});

describe("a model that is not served", () => {
  const hint =
    'Serve the model: with Vite, add colorizeModels({ models: ["inception-table"] }) of colorize-canvas/vite to `plugins`; otherwise run ' +
    '`npx colorize-canvas copy-models public/ --model inception-table` and set the attribute or option model="/models/inception-table/". ' +
    "For another model, write its name in these places.";

  it("gives the address that was tried, and what to do", async () => {
    await open(strict);
    const tried = `${strict.address}/nowhere/model.json`;
    expect(await add({ model: "/nowhere/" })).toBe(
      `error ${tried}: expected HTTP 200, received HTTP 404 Not Found. ${hint}`,
    );
  });

  it("does so where the server responds with its page", async () => {
    await open(fallback);
    const tried = `${fallback.address}/models/inception-table/model.json`;
    expect(await add()).toBe(`error ${tried}: expected model.json, received an HTML page from ${tried}. ${hint}`);
  });

  it("does so where a bundler replaced the page's address by that of a file", async () => {
    await open(strict);
    const message = await add({ model: "file:///app/node_modules/colorize-canvas/models/inception-table/" });
    expect(message).toMatch(/^error file:\/\/\/app\/\S*model\.json: expected an http: or https: address/);
    expect(message.endsWith(hint)).toBe(true);
  });
});
