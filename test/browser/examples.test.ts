/** The examples, type-checked, built and opened as a user does who installed the package. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "puppeteer";
import { build, createServer } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { browserModel } from "../shared/browser-model";
import { built } from "../shared/built";
import { launchBrowser } from "../shared/launch";
import { serve, type Site } from "../shared/serve";

/** Checks an example's types. */
const CHECK: Readonly<Record<string, readonly string[]>> = {
  react: ["typescript/bin/tsc", "-p", "react"],
  vue: ["vue-tsc/bin/vue-tsc.js", "--noEmit", "-p", "vue"],
  svelte: ["svelte-check/bin/svelte-check", "--workspace", "svelte", "--tsconfig", "./tsconfig.json"],
};
const FRAMEWORKS = Object.keys(CHECK);
/** Sites may send this header with what Vite builds. */
const POLICY =
  "default-src 'self'; require-trusted-types-for 'script'; trusted-types colorize-canvas svelte-trusted-html vue";

/** A component of each framework with every attribute of the element and those of its properties that have none; `W` stands for a wrong value of `compare`. */
const RICH: Readonly<Record<string, { readonly file: string; readonly text: string }>> = {
  react: {
    file: "Rich.tsx",
    text: `import "colorize-canvas/react";
      export const rich = (<colorize-canvas src="a.jpg" alt="A" model="natural" loading="lazy" compare="W" saturation="150%" warmth={0.5} size={256}
        precision="f32" crossorigin="anonymous" controls width={600} height="400" source={new Blob()} colorizer={null} hints={[{ x: 1, y: 2, radius: 3, color: "#f00" }]} texts={{ save: "Sichern" }}
        preset="eccv16" zoomable fallback="wasm" workers="/models/workers/" comparePosition={30} comparing={false} zoom={2} onzoomchange={({ detail }) => detail.toFixed()}
        slot="picture" onprogress={({ detail }) => detail.fraction.toFixed()} onstatechange={({ detail }) => detail satisfies "idle" | "loading" | "ready" | "error"} />);`,
  },
  vue: {
    file: "Rich.vue",
    text: `<script setup lang="ts">import "colorize-canvas/vue"; const blob = new Blob();</script>
      <template><colorize-canvas src="a.jpg" alt="A" model="natural" loading="lazy" compare="W" saturation="150%" :warmth="0.5" :size="256"
        precision="f32" crossorigin="anonymous" controls :width="600" height="400" :source="blob" :colorizer="null" :hints="[{ x: 1, y: 2, radius: 3, color: '#f00' }]" :texts="{ save: 'Sichern' }"
        preset="eccv16" zoomable fallback="wasm" workers="/models/workers/" :compare-position="30" :comparing="false" :zoom="2" @zoomchange="({ detail }) => detail.toFixed()"
        @progress="({ detail }) => detail.fraction.toFixed()" @statechange="({ detail }) => detail satisfies string" /></template>`,
  },
  svelte: {
    file: "Rich.svelte",
    text: `<script lang="ts">import "colorize-canvas/svelte"; const blob = new Blob();</script>
      <colorize-canvas src="a.jpg" alt="A" model="natural" loading="lazy" compare="W" saturation="150%" warmth={0.5} size={256}
        precision="f32" crossorigin="anonymous" controls width={600} height="400" source={blob} colorizer={null} hints={[{ x: 1, y: 2, radius: 3, color: "#f00" }]} texts={{ save: "Sichern" }}
        preset="eccv16" zoomable fallback="wasm" workers="/models/workers/" comparePosition={30} comparing={false} zoom={2} onzoomchange={({ detail }) => detail.toFixed()}
        onprogress={({ detail }) => detail.fraction.toFixed()} onstatechange={({ detail }) => detail satisfies string}></colorize-canvas>`,
  },
};

/** Inside the tree, so that the frameworks are found; a folder with a package.json, so that the package is the installed one. */
let folder: string;
let sites: Record<string, Site>;
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  folder = resolve(mkdtempSync("dist-test-examples-"));
  const installed = join(folder, "node_modules", "colorize-canvas");
  cpSync(await built("dist"), join(installed, "dist"), { recursive: true });
  cpSync(await built("types"), join(installed, "dist", "types"), { recursive: true });
  cpSync("package.json", join(installed, "package.json"));
  mkdirSync(join(installed, "models", "inception-table"), { recursive: true });
  for (const [name, bytes] of Object.entries(browserModel("inception-table")))
    writeFileSync(join(installed, "models", "inception-table", name), bytes);
  cpSync("examples", folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  sites = {
    plain: await serve(indexOf("plain"), {
      "/node_modules/": join(folder, "node_modules"),
      "/": join(folder, "plain"),
    }),
  };
  for (const name of FRAMEWORKS) {
    await build({ root: join(folder, name), logLevel: "error" });
    sites[name] = await serve(
      indexOf(`${name}/dist`),
      { "/": join(folder, name, "dist") },
      { "content-security-policy": POLICY },
    );
  }
  browser = await launchBrowser();
}, 400_000);

afterAll(async () => {
  await browser?.close();
  for (const site of Object.values(sites ?? {})) site.close();
  rmSync(folder, { recursive: true, force: true });
});

function indexOf(path: string): Record<string, string> {
  return { "/": readFileSync(join(folder, path, "index.html"), "utf8") };
}

async function open(address: string): Promise<void> {
  await page?.close();
  page = await browser.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.location().url?.endsWith("favicon.ico")) complaints.push(message.text());
  });
  await page.setViewport({ width: 700, height: 620 });
  await page.goto(address);
}

/** Waits for the page's text about the photograph. */
function status(text: string): Promise<unknown> {
  return page.waitForFunction(
    (wanted) => document.querySelector("[role=status]")?.textContent.includes(wanted),
    { timeout: 120_000 },
    text,
  );
}

/** Mean difference between the largest and the smallest of R, G and B on the canvas, 0 to 255. */
function colourfulness(): Promise<number> {
  return page.evaluate(() => {
    const canvas = document
      .querySelector("colorize-canvas")!
      .shadowRoot!.querySelector<HTMLCanvasElement>("[part=canvas]")!;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) {
      const [r = 0, g = 0, b = 0] = data.subarray(i, i + 3);
      sum += Math.max(r, g, b) - Math.min(r, g, b);
    }
    return sum / (data.length / 4);
  });
}

it.each(FRAMEWORKS)("the example for %s has the types of the element", (name) => {
  // A second component has a wrong name of a property, which the check must find.
  const source = join(folder, name, "src");
  const app = readdirSync(source).find((file) => file.startsWith("App."))!;
  const text = readFileSync(join(source, app), "utf8");
  writeFileSync(join(source, app.replace("App", "Wrong")), text.replace("result.width", "result.widht"));
  const { file, text: rich } = RICH[name]!;
  writeFileSync(join(source, file), rich.replace('"W"', '"slider"'));
  writeFileSync(join(source, `Un${file}`), rich.replace('"W"', '"slide"'));
  const [program, ...args] = CHECK[name]!;
  const { stdout } = spawnSync(process.execPath, [resolve("node_modules", program!), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  const found = stdout.split("\n").filter((line) => /error|'widht'/i.test(line) && !/^=|svelte-check found/.test(line));
  expect(found.join("\n")).toMatch(/Property 'widht' does not exist on type 'ColorizeResult'/);
  // The second line of a rich component says what is wrong with its "slide".
  expect(stdout).toMatch(/"slide"/);
  expect(stdout.split("\n").filter((line) => line.includes(file) && !line.includes(`Un${file}`))).toEqual([]);
  expect(stdout).not.toContain(app);
});

it.each(["plain", ...FRAMEWORKS])("the example for %s colours, follows saturation and shows errors", async (name) => {
  await open(sites[name]!.address);
  await status("451 × 300 pixels in colour");
  expect(await colourfulness()).toBeGreaterThan(10);
  const screenshots = process.env["SCREENSHOTS"];
  if (screenshots) {
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`) as `${string}.png` });
  }
  await page.$eval("input[type=range]", (input) => {
    // As React sees it: through the setter of the prototype.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!.call(input, "0");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await expect.poll(colourfulness, { timeout: 30_000 }).toBeLessThan(1);
  expect(complaints).toEqual([]);

  await page.locator("input:not([type=range])").fill("/index.html");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await status("expected a photograph that this browser can read");
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}-error.png`) as `${string}.png` });
});

it("a build has the models that were asked for, and a server's build none", async () => {
  const models = join(folder, "react/dist/models");
  expect(readdirSync(models)).toEqual(["inception-table"]);
  expect(readdirSync(join(models, "inception-table")).sort()).toEqual([
    "colorizer.onnx",
    "embedder.onnx",
    "model.json",
  ]);
  const outDir = join(folder, "server");
  await build({ root: join(folder, "react"), logLevel: "error", build: { ssr: "src/App.tsx", outDir } });
  expect(existsSync(join(outDir, "App.js"))).toBe(true);
  expect(existsSync(join(outDir, "models"))).toBe(false);
});

it.each([
  ["/app/", "deep/assets"],
  ["./", "assets"],
])("a build finds the models with the base %s and code in %s", async (base, assetsDir) => {
  const outDir = join(folder, "based");
  await build({
    root: join(folder, "svelte"),
    logLevel: "error",
    base,
    build: { outDir, assetsDir, emptyOutDir: true },
  });
  const site = await serve(
    { "/app/": readFileSync(join(outDir, "index.html"), "utf8") },
    { "/app/": outDir, "/": outDir },
  );
  try {
    await open(`${site.address}/app/`);
    await status("451 × 300 pixels in colour");
  } finally {
    site.close();
  }
});

it("a relative base with code in nested folders is refused, since the models would not be found", async () => {
  const config = { base: "./", build: { outDir: join(folder, "none"), assetsDir: "deep/assets" } };
  await expect(build({ root: join(folder, "svelte"), logLevel: "silent", ...config })).rejects.toThrow(
    /build\.assetsDir of Vite: expected the name of one folder.*received "deep\/assets"/,
  );
});

/** Runs `use` with the address of Vite's server for an example. */
async function develop(name: string, base: string, use: (address: string) => Promise<void>): Promise<void> {
  const server = await createServer({
    root: join(folder, name),
    base,
    logLevel: "error",
    server: { host: "127.0.0.1" },
  });
  try {
    await server.listen();
    await use(`http://localhost:${(server.httpServer!.address() as { port: number }).port}`);
  } finally {
    await server.close();
  }
}

it("Vite's server for development has the models", () =>
  develop("vue", "/", async (address) => {
    await open(address);
    await status("451 × 300 pixels in colour");
    const [worker] = page.workers();
    const asked = await worker!.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(asked).toContain(`${address}/models/inception-table/model.json`);
    expect(complaints).toEqual([]);
    await page.goto("about:blank"); // ends the connection to the server
  }));

it("Vite's server for development has the models below a base, and no others", () =>
  develop("svelte", "/app/", async (address) => {
    const type = async (path: string): Promise<string | null> =>
      (await fetch(address + path)).headers.get("content-type");
    expect(await type("/app/models/inception-table/model.json?x")).toBe("application/json");
    expect(await type("/app/models/inception-table/embedder.onnx")).toBe("application/octet-stream");
    for (const path of ["inception-table/../../package.json", "other/model.json", "inception-table/README.md"])
      expect(await type(`/app/models/${path}`), path).toBe("text/html");
  }));

it("servers render the element's tag", () => {
  const script = `
    import "colorize-canvas/react";
    import { createElement } from "react";
    import { renderToString } from "react-dom/server";
    console.log(renderToString(createElement("colorize-canvas", { src: "a.jpg", saturation: 1, onload() {} })));`;
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(printed.trim()).toBe('<colorize-canvas src="a.jpg" saturation="1"></colorize-canvas>');
});
