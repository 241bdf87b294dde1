import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { expect, it } from "vitest";
import { ColorizeCanvas } from "../src/element/colorize-canvas";

interface Described {
  readonly tagName: string;
  readonly attributes: readonly { readonly name: string }[];
  readonly events: readonly { readonly name: string }[];
  readonly members: readonly { readonly name: string }[];
}

it("describes the element for editors as it is", () => {
  const folder = mkdtempSync("out-elements-");
  try {
    const cem = "node_modules/@custom-elements-manifest/analyzer/cem.js";
    execFileSync(process.execPath, [cem, "analyze", "--quiet", "--outdir", relative(".", folder)]);
    const manifest = JSON.parse(readFileSync(`${folder}/custom-elements.json`, "utf8")) as {
      modules: { path: string; declarations: Described[] }[];
    };
    expect(manifest.modules.map(({ path }) => path)).toEqual(["dist/element.js"]);
    const [element] = manifest.modules[0]!.declarations;
    expect(element!.tagName).toBe("colorize-canvas");
    expect(element!.attributes.map(({ name }) => name)).toEqual(ColorizeCanvas.observedAttributes);
    expect(element!.events.map(({ name }) => name).sort()).toEqual(["error", "load", "progress", "statechange"]);
    expect(element!.members.some(({ name }) => name.startsWith("#"))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
