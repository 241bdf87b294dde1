/** The shader files as files: each is valid with its defaults, and their constants mean one thing. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { create, globals } from "webgpu";
import { expect, it } from "vitest";
import { assemble } from "../../src/kernels/assemble";
import { resolveIncludes } from "../../tools/wgsl-includes.mjs";

const names = readdirSync("shaders", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wgsl"));
const isShared = (name: string): boolean => name.startsWith("lib/");
const shaders = names.filter((name) => !isShared(name));

/** Names of the flags that a shader asks for. */
const flagsOf = (text: string): string[] => [...text.matchAll(/^\s*#(?:el)?if !?(\w+)/gm)].map(([, name]) => name!);

// Dawn's null backend checks every shader, whatever the adapter's features, and computes nothing. Collected, it crashes.
Object.assign(globalThis, globals);
const gpu = create(["backend=null"]);
Object.assign(globalThis, { __nullGpu: gpu });

async function nullDevice(): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter();
  const features = (["shader-f16", "subgroups"] as const).filter((feature) => adapter!.features.has(feature));
  return adapter!.requestDevice({ requiredFeatures: features });
}

it("are valid with their defaults", async () => {
  const device = await nullDevice();
  expect(shaders.length).toBeGreaterThan(20);
  for (const name of shaders) {
    const { text } = resolveIncludes(join("shaders", name));
    const flags = Object.fromEntries(flagsOf(text).map((flag) => [flag, false]));
    const code = assemble({ name, wgsl: text, bindings: {} }, { constants: {}, flags });
    const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
    const found = messages.map(({ message, lineNum }) => `${lineNum}: ${message}`);
    expect(found, name).toEqual([]);
  }
});

it("would not be valid without what they include", async () => {
  const device = await nullDevice();
  const text = readFileSync("shaders/unary.wgsl", "utf8").replace(/^#include.*$/gm, "");
  const code = assemble({ name: "unary", wgsl: text, bindings: {} }, { constants: {}, flags: { VECTOR: false } });
  device.pushErrorScope("validation");
  const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
  await device.popErrorScope();
  expect(messages.map(({ message }) => message).join()).toContain("unresolved");
});

it("include every shared file somewhere", () => {
  const used = new Set(shaders.flatMap((name) => resolveIncludes(join("shaders", name)).files));
  const unused = names.filter((name) => isShared(name) && ![...used].some((file) => file.endsWith(`shaders/${name}`)));
  // The host writes the fields of sizes.wgsl.
  expect(unused).toEqual(["lib/sizes.wgsl"]);
});

it("have constants of one type each, all of them in shaders/README.md", () => {
  const types = new Map<string, Set<string>>();
  for (const name of names)
    for (const [, constant, type] of readFileSync(join("shaders", name), "utf8").matchAll(
      /^const (\w+) *: *([^=]+?) *=/gm,
    ))
      types.set(constant!, (types.get(constant!) ?? new Set()).add(type!));
  expect([...types].filter(([, kinds]) => kinds.size > 1)).toEqual([]);
  const [, table = ""] = readFileSync("shaders/README.md", "utf8").split("## Constants");
  const listed = [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell]) => cell!.match(/[A-Z][A-Z0-9_]+/g) ?? []);
  expect(new Set(listed).size).toBe(listed.length);
  expect([...types.keys()].sort()).toEqual(listed.sort());
});
