import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assemble } from "../../src/kernels/assemble";
import type { Kernel } from "../../src/kernels/kernel";
import { unary } from "../../src/kernels/unary";
import { shortenLocals, stripWgsl } from "../../tools/vite-wgsl";
import { testDevice } from "../gpu";

describe("stripWgsl", () => {
  it("drops comments, indentation and blank lines, and keeps lines", () => {
    const source = [
      "// A kernel.",
      "alias elem = f32;   // the default",
      "",
      "#if NAME",
      "  const A: u32 = 4u / 2u; /* half /* nested // */ of",
      "  it */ const B: u32 = 1u;",
      "#endif",
      "fn f(a: u32)/**/-> u32 { return a*/* times */A; } // no newline at the end",
    ].join("\n");
    expect(stripWgsl(source).split("\n")).toEqual([
      "alias elem=f32;",
      "#if NAME",
      "const A:u32=4u/2u;",
      "const B:u32=1u;",
      "#endif",
      "fn f(a:u32)->u32{return a*A;}",
      "",
    ]);
  });

  it("keeps apart what would become another token", () => {
    expect(stripWgsl("let a = b - -c + +d - 1.0;")).toBe("let a=b - -c + +d-1.0;\n");
  });

  it("is stable: stripping twice changes nothing", () => {
    for (const [name, source] of shaders()) expect(stripWgsl(stripWgsl(source)), name).toBe(stripWgsl(source));
  });

  it("leaves every shader's code as it was, token by token", () => {
    const tokens = (text: string): string[] =>
      text.replace(/\/\/.*$/gm, "").match(/[A-Za-z_#]\w*|[\d.]+\w*|[^\s\w]/g) ?? [];
    for (const [name, source] of shaders()) expect(tokens(stripWgsl(source)), name).toEqual(tokens(source));
  });

  it("leaves the lines that choose branches as the host reads them", () => {
    const lines = (text: string): string[] => text.match(/^[ \t]*#.*$/gm)?.map((line) => line.trim()) ?? [];
    for (const [name, source] of shaders())
      expect(lines(shortenLocals(stripWgsl(source))), name).toEqual(lines(source));
    expect(stripWgsl("  #if !NAME  // not\n")).toBe("#if !NAME\n");
  });

  it("leaves a shader that assembles and compiles", async () => {
    const device = await testDevice();
    const small = (text: string): string => shortenLocals(stripWgsl(text));
    const stripped = { ...unary, wgsl: small(unary.wgsl), libs: unary.libs?.map(small) };
    const plan = unary.plan({ count: 7, activation: { fn: "tanh" }, elem: "f32" });
    const code = assemble(stripped as Kernel<never>, plan);
    expect(code).not.toContain("One invocation");
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    expect(messages.map(({ message }) => message)).toEqual([]);
  });
});

describe("shortenLocals", () => {
  it("renames parameters and variables, and nothing that another file, the host or a field may name", () => {
    const source = [
      "struct Pair{first:f32,rest:f32}",
      "var<private>total:f32=0.0;",
      "fn helper(value:f32,scale:f32)->f32{",
      "let first=value*scale;",
      "let doubled=first+total;",
      "return doubled;}",
    ].join("\n");
    const [struct, total, ...helper] = shortenLocals(source).split("\n");
    expect([struct, total]).toEqual(source.split("\n").slice(0, 2));
    expect(helper).toEqual(["fn helper(a:f32,b:f32)->f32{", "let first=a*b;", "let c=first+total;", "return c;}"]);
  });

  it("leaves address spaces alone where a parameter has such a name", () => {
    const source = "var<workgroup>sums:array<f32,4>;\nfn main(@builtin(workgroup_id)workgroup:vec3<u32>){}";
    expect(shortenLocals(source)).toBe(source);
    for (const [name, shader] of shaders())
      for (const [, space] of shortenLocals(stripWgsl(shader)).matchAll(/\bvar<(\w+)/g))
        expect(["storage", "uniform", "workgroup", "private", "function"], name).toContain(space);
  });

  it("renames one to one, in every shader, lower-case words only, and no members", () => {
    const words = (text: string): string[] => text.match(/[.@]?[A-Za-z_#]\w*|[\d.]+\w*|[^\s\w]/g) ?? [];
    for (const [name, source] of shaders()) {
      const before = words(stripWgsl(source));
      const after = words(shortenLocals(stripWgsl(source)));
      expect(after.length, name).toBe(before.length);
      const there = new Map<string, string>();
      const back = new Map<string, string>();
      before.forEach((word, i) => {
        if (word !== after[i]) expect(word, name).toMatch(/^[a-z]\w+$/);
        expect(there.get(word) ?? after[i], `${name}: ${word}`).toBe(after[i]);
        expect(back.get(after[i]!) ?? word, `${name}: ${after[i]}`).toBe(word);
        there.set(word, after[i]!);
        back.set(after[i]!, word);
      });
    }
  });
});

/** Name and text of every shader in the tree. */
function shaders(): [string, string][] {
  const names = readdirSync("shaders", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wgsl"));
  expect(names.length).toBeGreaterThan(5);
  return names.map((name) => [name, readFileSync(join("shaders", name), "utf8")]);
}
