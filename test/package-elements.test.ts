import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ColorizeCanvas } from "../src/element/colorize-canvas";
import { TEXTS } from "../src/element/texts";

interface Named {
  readonly name: string;
}

interface Member extends Named {
  readonly kind: "field" | "method";
  readonly static?: boolean;
  readonly attribute?: string;
  readonly reflects?: boolean;
  readonly readonly?: boolean;
}

interface Described {
  readonly tagName: string;
  readonly attributes: readonly (Named & { readonly fieldName: string })[];
  readonly members: readonly Member[];
  readonly events: readonly Named[];
  readonly slots: readonly Named[];
  readonly cssParts: readonly Named[];
  readonly cssProperties: readonly Named[];
  readonly cssStates: readonly Named[];
}

let folder: string;
let paths: string[];
let element: Described;

beforeAll(() => {
  folder = mkdtempSync("out-elements-");
  const cem = "node_modules/@custom-elements-manifest/analyzer/cem.js";
  execFileSync(process.execPath, [cem, "analyze", "--quiet", "--outdir", relative(".", folder)]);
  const manifest = JSON.parse(readFileSync(`${folder}/custom-elements.json`, "utf8")) as {
    modules: { path: string; declarations: Described[] }[];
  };
  paths = manifest.modules.map(({ path }) => path);
  element = manifest.modules[0]!.declarations[0]!;
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = (all: readonly Named[]): string[] => all.map(({ name }) => name);

describe("the manifest for editors", () => {
  it("has the element as it is", () => {
    expect(paths).toEqual(["dist/element.js"]);
    expect(element.tagName).toBe("colorize-canvas");
    expect(names(element.attributes)).toEqual(ColorizeCanvas.observedAttributes);
    expect(names(element.events).sort()).toEqual(["error", "load", "preview", "progress", "statechange", "zoomchange"]);
    expect(names(element.members).filter((name) => name.startsWith("#"))).toEqual([]);
  });

  it("joins each attribute with the property that reflects it", () => {
    for (const { name, fieldName } of element.attributes)
      expect(element.members).toContainEqual(
        expect.objectContaining({ name: fieldName, kind: "field", attribute: name, reflects: true }),
      );
  });

  it("has the parts and CSS properties of the source", () => {
    const source = ["parts.ts", "controls.ts", "element.css"]
      .map((name) => readFileSync(`src/element/${name}`, "utf8"))
      .join("\n");
    const found = (pattern: RegExp): string[] =>
      [...new Set([...source.matchAll(pattern)].map(([, name]) => name!))].sort();
    // The sliders' part is the name of what they change.
    const parts = [...found(/\bpart\("\w+", "([\w-]+)"/g), "saturation", "warmth"].sort();
    expect(names(element.cssParts).sort()).toEqual(parts);
    expect(names(element.cssProperties).sort()).toEqual(found(/var\((--colorize-canvas-[\w-]+)/g));
    expect(names(element.slots).filter(Boolean).sort()).toEqual(found(/\bslot\("(\w+)"/g));
  });
});

it("the types for templates of frameworks have every attribute and every property that can be set", () => {
  const source = readFileSync("src/element/markup.ts", "utf8");
  const typed = [...source.matchAll(/^  readonly (\w+)\?:/gm)].map(([, name]) => name!);
  const settable = element.members.filter(
    (one) => one.kind === "field" && !one.static && !one.readonly && one.attribute === undefined,
  );
  expect(typed.sort()).toEqual([...names(element.attributes), ...names(settable)].sort());
});

describe("docs/element.md", () => {
  const sections = readFileSync("docs/element.md", "utf8").split(/^## /m);

  /** The first cells of a section's table, without code marks. */
  function table(title: string): string[] {
    const section = sections.find((text) => text.startsWith(`${title}\n`));
    if (!section) throw new Error(`no section "${title}"`);
    const rows = section.split("\n").filter((line) => line.startsWith("| "));
    return rows.slice(2).map((row) => row.split("|")[1]!.replaceAll("`", "").trim());
  }

  it("lists what the element has, and nothing else", () => {
    const own = element.members.filter((one) => !one.static && one.attribute === undefined);
    const kind = (kind: Member["kind"]): string[] => names(own.filter((one) => one.kind === kind));
    expect(table("Attributes")).toEqual(names(element.attributes));
    expect(table("Properties")).toEqual(kind("field"));
    expect(table("Methods").map((name) => name.replace(/\(.*/, ""))).toEqual(kind("method"));
    expect(table("Events").sort()).toEqual(names(element.events).sort());
    expect(table("Custom states")).toEqual(names(element.cssStates));
    expect(table("Slots")).toEqual(names(element.slots).map((name) => name || "(default)"));
    expect(table("Parts")).toEqual(names(element.cssParts));
    expect(table("CSS properties")).toEqual(names(element.cssProperties));
    expect(table("Texts")).toEqual(Object.keys(TEXTS));
  });
});
