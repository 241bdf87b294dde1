/** The ways into the demo page but the picker: drop, paste, a folder, an address. With a tiny model. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import * as visit from "./page-site";

let site: visit.PageSite;
let page: Page;
/** Another site, whose pictures in open/ every page may read. */
let other: Server;
let address: string;
const asked: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];

beforeAll(async () => {
  site = await visit.startPageSite();
  other = createServer(({ url = "", headers }, response) => {
    asked.push({ path: url, headers });
    const open = url.startsWith("/open/");
    response.writeHead(200, { "content-type": "image/jpeg", ...(open && { "access-control-allow-origin": "*" }) });
    // "slow" never ends.
    if (url.startsWith("/open/slow/")) response.write("");
    else response.end(readFileSync(join("samples", url.includes("%") ? "astronaut.jpg" : url.split("/").at(-1)!)));
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
}, 240_000);
afterAll(async () => {
  await site?.close();
  other?.close();
});
beforeEach(async () => {
  page = await site.open();
  asked.length = 0;
});
afterEach(() => page.close());

/** Drops or pastes samples, or a text. */
async function give(how: "drop" | "paste", { samples = [] as readonly string[], text = "" }): Promise<void> {
  const files = samples.map((name) => ({ name, base64: readFileSync(join("samples", name)).toString("base64") }));
  await page.evaluate(
    (kind, given, words) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of given) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
      }
      if (words) transfer.setData("text/plain", words);
      const event =
        kind === "drop"
          ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
      document.querySelector("#stage")!.dispatchEvent(event);
    },
    how,
    files,
    text,
  );
}

const names = (): Promise<string[]> => page.$$eval("#strip .name", (all) => all.map(({ textContent }) => textContent));

it("takes files that are dropped, and one that is pasted", async () => {
  await give("drop", { samples: ["cat.jpg", "coffee.jpg"] });
  await visit.coloured(page, "cat.jpg");
  await give("paste", { samples: ["astronaut.jpg"] });
  await visit.coloured(page, "astronaut.jpg");
  // A sample whose button is pressed twice comes once.
  await page.$eval('[data-sample="nagasaki-1865.jpg"]', (button) => {
    for (let i = 0; i < 2; i++) (button as HTMLElement).click();
  });
  await visit.coloured(page, "Nagasaki, 1865");
  expect(await names()).toEqual(["cat.jpg", "coffee.jpg", "astronaut.jpg", "Nagasaki, 1865"]);

  await page.evaluate(() => {
    const fail = (_: unknown, reject: (error: unknown) => void): void => reject(new DOMException("", "NotFoundError"));
    const entry = { name: "gone.jpg", isFile: true, file: fail };
    DataTransferItem.prototype.webkitGetAsEntry = () => entry as unknown as FileSystemEntry;
  });
  await give("drop", { samples: ["cat.jpg"] });
  await expect.poll(() => visit.message(page)).toBe("A file or folder could not be read.");
});

it("takes the pictures of a folder that is picked, and says when there are none", async () => {
  const folder = join(site.files, "folder");
  mkdirSync(join(folder, "more"), { recursive: true });
  writeFileSync(join(folder, "notes.txt"), "no picture");
  const pick = async (): Promise<void> =>
    ((await page.$("#folder")) as ElementHandle<HTMLInputElement>).uploadFile(folder);
  await pick();
  await expect.poll(() => visit.message(page)).toBe("There are no pictures in this folder.");
  cpSync("samples/cat.jpg", join(folder, "cat.jpg"));
  cpSync("samples/coffee.jpg", join(folder, "more", "coffee.jpg"));
  await pick();
  await page.waitForFunction(() => document.querySelector("#count")!.textContent === "2 of 2 in colour");
  expect((await names()).toSorted()).toEqual(["cat.jpg", "coffee.jpg"]);
});

it("asks another site only for an address that the visitor gives, and sends it no referrer", async () => {
  await give("paste", { text: `${address}/open/cat.jpg` });
  await visit.coloured(page, "cat.jpg");
  await give("drop", { text: `${address}/open/coffee.jpg` });
  await visit.coloured(page, "coffee.jpg");
  await page.type("#address", `${address}/open/Stra%C3%9Fe%201910.jpg`);
  await page.keyboard.press("Enter");
  await visit.coloured(page, "Straße 1910.jpg");
  expect(asked.map(({ path }) => path)).toEqual(["/open/cat.jpg", "/open/coffee.jpg", "/open/Stra%C3%9Fe%201910.jpg"]);
  for (const { headers } of asked) expect(headers).not.toHaveProperty("referer");
});

it("says that the picture of an address is being loaded, until the visitor stops it", async () => {
  await give("paste", { text: `${address}/open/slow/cat.jpg` });
  await expect.poll(() => visit.message(page)).toBe(`The picture at ${new URL(address).host} is being loaded.`);
  expect(await page.$eval("#message-action", ({ textContent }) => textContent)).toBe("Stop");
  await page.click("#message-action");
  await expect.poll(() => page.$eval("#message", (element) => (element as HTMLElement).hidden)).toBe(true);
  await give("paste", { text: `${address}/open/coffee.jpg` });
  await visit.coloured(page, "coffee.jpg");
  expect(await names()).toEqual(["coffee.jpg"]);
  expect(await page.$eval("#message", (element) => (element as HTMLElement).hidden)).toBe(true);
});

it("says of an address that cannot be read, and of what is no file, what to do", async () => {
  await give("paste", { text: `${address}/closed/cat.jpg` });
  await expect.poll(() => visit.message(page)).toMatch(/127\.0\.0\.1.* could not be loaded\..*save the picture/);
  await give("drop", { text: "some words" });
  await expect.poll(() => visit.message(page)).toMatch(/^That was not a file\. Save the picture/);
});

it("leaves the undoing of what is typed into the field to the field", async () => {
  await visit.choose(page, "samples/cat.jpg");
  await visit.coloured(page, "cat.jpg");
  await page.focus("#warmth");
  await page.keyboard.press("ArrowRight");
  await page.focus("#address");
  await page.keyboard.down("Control");
  await page.keyboard.press("z");
  await page.keyboard.up("Control");
  expect(await page.$eval("#warmth-value", (output) => output.textContent)).toBe("+5");
});

it("leaves an address in its field that is pasted there", async () => {
  await page.$eval(
    "#address",
    (field, text) => {
      const transfer = new DataTransfer();
      transfer.setData("text/plain", text);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true }));
    },
    `${address}/open/cat.jpg`,
  );
  await page.type("#address", "no address");
  await page.keyboard.press("Enter");
  expect(await page.$eval("#address", (field) => (field as HTMLInputElement).validity.valid)).toBe(false);
  expect(asked).toEqual([]);
});
