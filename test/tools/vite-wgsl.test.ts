import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assemble } from "../../src/kernels/assemble";
import type { Kernel } from "../../src/kernels/kernel";
import { unary } from "../../src/kernels/unary";
import { stripWgsl } from "../../tools/vite-wgsl";
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
      "alias elem = f32;",
      "#if NAME",
      "const A: u32 = 4u / 2u;",
      "const B: u32 = 1u;",
      "#endif",
      "fn f(a: u32) -> u32 { return a* A; }",
      "",
    ]);
  });

  it("is stable: stripping twice changes nothing", () => {
    for (const [name, source] of shaders()) expect(stripWgsl(stripWgsl(source)), name).toBe(stripWgsl(source));
  });

  it("leaves every shader's code as it was, token by token", () => {
    const tokens = (text: string): string[] =>
      text.replace(/\/\/.*$/gm, "").match(/[A-Za-z_#]\w*|[\d.]+\w*|[^\s\w]/g) ?? [];
    for (const [name, source] of shaders()) expect(tokens(stripWgsl(source)), name).toEqual(tokens(source));
  });

  it("leaves a shader that assembles and compiles", async () => {
    const device = await testDevice();
    const stripped = { ...unary, wgsl: stripWgsl(unary.wgsl), libs: unary.libs?.map(stripWgsl) };
    const plan = unary.plan({ count: 7, activation: { fn: "tanh" }, elem: "f32" });
    const code = assemble(stripped as Kernel<never>, plan);
    expect(code).not.toContain("One invocation");
    const module = device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    expect(messages.map(({ message }) => message)).toEqual([]);
  });
});

/** Name and text of every shader in the tree. */
function shaders(): [string, string][] {
  const names = readdirSync("shaders", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".wgsl"));
  expect(names.length).toBeGreaterThan(5);
  return names.map((name) => [name, readFileSync(join("shaders", name), "utf8")]);
}
