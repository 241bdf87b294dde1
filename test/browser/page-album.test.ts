/** Many photographs at once on the demo page: the strip, its states, one ZIP of all. With a tiny model. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import * as visit from "./page-site";

const COUNT = 20;

let site: visit.PageSite;
let page: Page;
const file = (name: string): string => join(site.files, name);
const names = Array.from({ length: COUNT }, (_, i) => `family-${i + 1}.jpg`);

beforeAll(async () => {
  site = await visit.startPageSite();
  for (const [i, name] of names.entries()) {
    const picture = sharp("samples/cat.jpg").rotate((i % 4) * 90);
    await picture
      .resize(120 + 8 * i)
      .jpeg()
      .toFile(file(name));
  }
  writeFileSync(file("broken.jpg"), "this is no picture");
}, 240_000);
afterAll(() => site?.close());

beforeEach(async () => void (page = await site.open()));
afterEach(() => page.close());

const states = (): Promise<string[]> =>
  page.$$eval("#strip li", (items) => items.map((item) => item.dataset["state"]!));
const count = (): Promise<string> => page.$eval("#count", (element) => element.textContent);

describe("a batch of 20 with one bad file", () => {
  it("colours all others, shows each state, tries again, and saves all as one ZIP", async () => {
    const batch = [...names.slice(0, 5), "broken.jpg", ...names.slice(5)];
    await visit.choose(page, ...batch.map(file));
    await expect.poll(states, { timeout: 30_000 }).toHaveLength(COUNT + 1);
    await visit.coloured(page, names[0]!);
    await expect.poll(count, { timeout: 160_000, interval: 500 }).toBe(`${COUNT} of ${COUNT + 1} in colour, 1 failed`);
    expect((await states()).map((state) => (state === "done" ? "" : state)).join("")).toBe("failed");
    expect((await states())[5]).toBe("failed");

    // Full-size results of photographs that are not open are freed: only files and thumbnails are kept.
    expect(await page.$$eval("#strip img:not([hidden])", (images) => images.length)).toBe(COUNT);
    await visit.screenshot(page, "album-1280");

    await page.click("#strip li:nth-child(6) .open");
    expect(await visit.message(page)).toMatch(/broken\.jpg.*not a picture/);
    await page.click("#message-action");
    await expect.poll(() => visit.message(page)).toMatch(/broken\.jpg.*not a picture/);

    await page.click("#strip li:nth-child(9) .open");
    await visit.coloured(page, names[7]!);

    const folder = file("zip");
    await visit.saveInto(page, folder);
    // While it is written it is not written once more, whatever happens to the album.
    const off = await page.evaluate(() => {
      document.querySelector<HTMLButtonElement>("#save-all")!.click();
      document.querySelector<HTMLElement>("#strip li:nth-child(8) .open")!.click();
      return document.querySelector<HTMLButtonElement>("#save-all")!.disabled;
    });
    expect(off).toBe(true);
    await expect.poll(() => readdirSync(folder), { timeout: 60_000 }).toEqual(["photographs-in-colour.zip"]);
    const entries = zipEntries(readFileSync(join(folder, "photographs-in-colour.zip")));
    expect(entries.map(({ name }) => name)).toEqual(names.map((name) => name.replace(".jpg", "-colour.jpg")));
    for (const [i, { bytes }] of entries.entries()) {
      const { width, format, icc } = await sharp(bytes).metadata();
      expect({ width, format }).toEqual({ width: 120 + 8 * i, format: "jpeg" });
      expect(icc?.toString("latin1"), "the profile of sRGB").toMatch(/mntrRGB XYZ.*s\0?R\0?G\0?B/s);
    }
  });

  it("stops, goes on, and closes one", async () => {
    await visit.choose(page, ...names.map(file));
    await visit.coloured(page, names[0]!);
    await page.click("#pause");
    await expect.poll(async () => (await states()).includes("working"), { timeout: 30_000 }).toBe(false);
    const done = (await states()).filter((state) => state === "done").length;
    expect(done).toBeLessThan(COUNT);
    // The one that is chosen is coloured although the others wait.
    await page.click(`#strip li:nth-child(${COUNT - 1}) .open`);
    await visit.coloured(page, names[COUNT - 2]!);
    await page.click(`#strip li:nth-child(${COUNT}) .remove`);
    // The focus is on the cross of the one before.
    expect(await page.evaluate(() => document.activeElement!.ariaLabel)).toBe(`Close ${names[COUNT - 2]}`);
    await page.click("#pause");
    await expect.poll(count, { timeout: 160_000, interval: 500 }).toBe(`${COUNT - 1} of ${COUNT - 1} in colour`);

    // Stop is about the photographs that were there.
    await page.evaluate(() => {
      window.confirm = () => true;
      for (const id of ["#apply-to-all", "#pause", "#close-all"]) document.querySelector<HTMLElement>(id)!.click();
    });
    expect(await states()).toEqual([]);
    expect(await page.$eval("#pause", ({ textContent }) => textContent)).toBe("Stop");
    await visit.choose(page, ...names.slice(0, 2).map(file));
    await expect.poll(count, { timeout: 30_000 }).toBe("2 of 2 in colour");
  });
});

it("shows, measures and saves a photograph again that was open before, and goes back from one whose file is gone", async () => {
  cpSync(file(names[1]!), file("moved.jpg"));
  await visit.choose(page, file(names[0]!), file("moved.jpg"));
  await expect.poll(count, { timeout: 60_000 }).toBe("2 of 2 in colour");
  const thumbnail = (): Promise<string> => page.$eval("#strip li:first-child img", (image) => image.src);
  const before = await thumbnail();
  await page.focus("#saturation");
  await page.keyboard.press("ArrowLeft");
  await page.click("#strip li:nth-child(2) .open");
  await visit.coloured(page, "moved.jpg");
  await expect.poll(thumbnail, { timeout: 30_000 }).not.toBe(before);
  const folder = file("again");
  await visit.saveInto(page, folder);
  await page.click("#strip li:first-child .open");
  await visit.coloured(page, names[0]!);

  // Leaving the page loses the colours, until they are saved.
  const asks = (): Promise<boolean> =>
    page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  expect(await asks()).toBe(true);
  let question = "";
  page.once("dialog", (dialog) => {
    question = dialog.message();
    void dialog.dismiss();
  });
  await page.click("#strip li:first-child .remove");
  expect(question).toBe("Close “family-1.jpg”? Its colours are not saved.");
  expect(await count()).toBe("2 of 2 in colour");
  await page.click("#save-all");
  await expect.poll(asks, { timeout: 30_000 }).toBe(false);

  // Its file was kept, so it is saved without being coloured once more.
  const calls = await visit.callsOf(page);
  const colourings = async (): Promise<number> => (await calls()).filter(({ name }) => name === "colorize").length;
  await page.click("#save");
  await expect.poll(() => visit.savedIn(folder), { timeout: 30_000 }).toContain("family-1-colour.jpg");
  expect(await colourings()).toBe(0);

  // To measure, it is coloured again.
  await page.click("#profile summary");
  await page.waitForSelector("#layers .every", { timeout: 60_000, visible: true });
  expect(await colourings()).toBe(1);

  // Once another format was chosen, all are saved in that, too.
  await visit.saveAs(page, "picture", "image/png");
  const every = file("every");
  await expect.poll(() => visit.savedIn(folder), { timeout: 30_000 }).toContain("family-1-colour.png");
  await visit.saveInto(page, every);
  expect(await page.$eval("#save-all", (button) => (button as HTMLElement).innerText)).toBe("Save all as PNG (ZIP)");
  await page.click("#save-all");
  await expect.poll(() => visit.savedIn(every), { timeout: 30_000 }).toEqual(["photographs-in-colour.zip"]);
  const entries = zipEntries(readFileSync(join(every, "photographs-in-colour.zip")));
  expect(entries.map(({ name }) => name)).toEqual(["family-1-colour.png", "moved-colour.png"]);
  for (const { bytes } of entries) expect((await sharp(bytes).metadata()).format).toBe("png");
  await expect.poll(count, { timeout: 30_000 }).toBe("2 of 2 in colour");

  const current = (): Promise<string[]> =>
    page.$$eval("#strip [aria-current] .name", (found) => found.map(({ textContent }) => textContent));
  rmSync(file("moved.jpg"));
  await page.click("#strip li:nth-child(2) .open");
  await expect.poll(() => visit.message(page)).toMatch(/moved\.jpg.*not a picture/);
  expect(await current()).toEqual([names[0]]);
  await visit.coloured(page, names[0]!);

  // Controls are off while another photograph is read, and come back with their own.
  await page.evaluate(() => (HTMLImageElement.prototype.decode = () => new Promise(() => {})));
  await visit.choose(page, ...names.slice(2, 4).map(file));
  await page.click("#strip li:nth-child(3) .open");
  const off = (): Promise<boolean> => page.$eval("#save", (button) => button.closest("[inert]") !== null);
  expect(await off()).toBe(true);
  await page.click("#strip li:nth-child(1) .open");
  await expect.poll(off).toBe(false);

  // A photograph that is closed while its colours are wanted leaves no button off.
  await page.click("#strip li:nth-child(4) .remove");
  await page.evaluate(() => {
    for (const selector of ["#save-as", "[value='image/png']", "#save-chosen", "#strip li:first-child .remove"])
      document.querySelector<HTMLElement>(selector)!.click();
  });
  await expect.poll(() => page.$eval("#save", (save) => (save as HTMLButtonElement).disabled)).toBe(false);
}, 240_000);

it("tries all again that failed", async () => {
  site.disturbance.missing = /inception-table\//; // which no other test loads
  await page.click('#models [value="inception-table"]');
  try {
    await visit.choose(page, ...names.slice(0, 3).map(file));
    await expect.poll(count, { timeout: 60_000 }).toBe("0 of 3 in colour, 3 failed");
    expect(await visit.message(page)).toMatch(/networks could not be downloaded/);
  } finally {
    site.disturbance.missing = undefined;
    await page.evaluate(() => localStorage.clear()); // the choice
  }
  await page.click("#retry");
  await expect.poll(count, { timeout: 60_000 }).toBe("3 of 3 in colour");
  expect(await page.$eval("#retry", (button) => (button as HTMLElement).hidden)).toBe(true);
});

it("opens the photograph that was chosen while all are being read, before the others", async () => {
  await page.evaluate(() => {
    const { decode } = HTMLImageElement.prototype;
    const gate = new Promise<void>((resolve) => Object.assign(window, { letGo: resolve }));
    HTMLImageElement.prototype.decode = async function () {
      await gate;
      return decode.call(this);
    };
  });
  await visit.choose(page, ...names.slice(0, 5).map(file));
  await expect.poll(states).toEqual(Array(5).fill("checking"));
  await page.click("#strip li:nth-child(4) .open");
  expect(await page.$eval("#strip li:nth-child(4) .open", (open) => open.ariaCurrent)).toBe("true");
  const progress = (): Promise<string> => page.$eval("#progress", (element) => element.textContent);
  expect(await progress()).toMatch(/family-4\.jpg\s*Being read/);
  const first = page.waitForFunction(() => {
    const found = [...document.querySelectorAll<HTMLElement>("#strip li")].map(({ dataset }) => dataset["state"]);
    return found.includes("done") && found;
  });
  await page.evaluate(() => (window as unknown as { letGo(): void }).letGo());
  await visit.coloured(page, names[3]!);
  expect(((await (await first).jsonValue()) as string[])[3]).toBe("done");
  await expect.poll(count, { timeout: 60_000 }).toBe("5 of 5 in colour");
  expect(await page.$eval("#strip li:nth-child(4) .open", (open) => open.ariaCurrent)).toBe("true");
});

it("lets pictures in colour be dragged out as files that say so", async () => {
  await visit.choose(page, ...names.slice(0, 2).map(file));
  await expect.poll(count, { timeout: 60_000 }).toBe("2 of 2 in colour");
  await page.evaluate(() =>
    document.addEventListener("dragstart", ({ dataTransfer }) => {
      document.body.dataset["dragged"] = dataTransfer!.getData("DownloadURL");
    }),
  );
  for (const [handle, name] of [
    ["#save", "family-1-colour.jpg"],
    ["#strip li:nth-child(2) .open", "family-2-colour.jpg"],
  ] as const) {
    const [left, top, right, bottom] = (await visit.box(page, handle))!;
    const [x, y] = [(left! + right!) / 2, (top! + bottom!) / 2];
    // The file is written when the pointer comes; a drag before that does nothing.
    const drag = async (): Promise<string> => {
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x, y + 100, { steps: 5 });
      await page.mouse.up();
      return page.evaluate(() => document.body.dataset["dragged"] ?? "");
    };
    await expect.poll(drag, { timeout: 20_000, interval: 300 }).toMatch(`image/jpeg:${name}:blob:`);
    const address = (await drag()).slice(`image/jpeg:${name}:`.length);
    const bytes = await page.evaluate(
      async (url) => [...new Uint8Array(await (await fetch(url)).arrayBuffer())],
      address,
    );
    const { format, xmp } = await sharp(Buffer.from(bytes)).metadata();
    expect(format).toBe("jpeg");
    expect(xmp!.toString()).toContain("algorithmicallyEnhanced");
  }
  expect(await page.$eval("#stage", ({ className }) => className)).not.toContain("dropping");
  expect(await page.$eval("#message", (element) => (element as HTMLElement).hidden)).toBe(true);
});

/** The entries of a ZIP file whose files are stored as they are, by its central directory. */
function zipEntries(zip: Buffer): { readonly name: string; readonly bytes: Buffer }[] {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const entries: { name: string; bytes: Buffer }[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let i = zip.readUInt16LE(end + 10); i > 0; i--) {
    const [size, nameLength] = [zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 28)];
    const local = zip.readUInt32LE(at + 42);
    const data = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    entries.push({
      name: zip.toString("utf8", at + 46, at + 46 + nameLength),
      bytes: zip.subarray(data, data + size),
    });
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}
