import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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

  it("compiles to the same as the shader with comments", async () => {
    const device = await testDevice();
    const source = ["unary.wgsl", "lib/indexing.wgsl", "lib/activation.wgsl"]
      .map((name) => readFileSync(join("shaders", name), "utf8"))
      .join("\n");
    const module = device.createShaderModule({ code: stripWgsl(source) });
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
