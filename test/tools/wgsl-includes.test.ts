import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { resolveIncludes } from "../../tools/wgsl-includes.mjs";

const folder = mkdtempSync(join(tmpdir(), "includes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, ...lines: string[]): string {
  const path = join(folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, lines.join("\n") + "\n");
  return path;
}

write("lib/a.wgsl", "// a", '#include "b.wgsl"', "const A: u32 = B;");
write("lib/b.wgsl", "const B: u32 = 1u;");

it("puts a file in place of its line, and what that includes, by paths relative to each file", () => {
  const path = write("conv/k.wgsl", "// k", '#include "../lib/a.wgsl"   // A', "fn f() {}");
  const { text, files } = resolveIncludes(path);
  expect(text).toBe("// k\n// a\nconst B: u32 = 1u;\nconst A: u32 = B;\nfn f() {}\n");
  expect(files).toEqual([path, join(folder, "lib/a.wgsl"), join(folder, "lib/b.wgsl")]);
});

it("includes a file once, also where two files ask for it or it asks for itself", () => {
  const path = write(
    "k.wgsl",
    '#include "lib/b.wgsl"',
    '#include "lib/a.wgsl"',
    '#include "k.wgsl"',
    '#include "lib/b.wgsl"',
  );
  expect(resolveIncludes(path).text.match(/const B/g)).toHaveLength(1);
  expect(resolveIncludes(path).text).not.toContain("#include");
});

it("refuses a file that only some branches would have", () => {
  const path = write("k.wgsl", "#if X", '#include "lib/a.wgsl"', "#endif", '#include "lib/b.wgsl"');
  expect(() => resolveIncludes(path)).toThrow(/k\.wgsl:4: "lib\/b\.wgsl" was already included inside an #if/);
  const branches = write("k.wgsl", "#if X", '#include "lib/b.wgsl"', "#else", "const B: u32 = 2u;", "#endif");
  expect(resolveIncludes(branches).text).toBe("#if X\nconst B: u32 = 1u;\n#else\nconst B: u32 = 2u;\n#endif\n");
});

it("says which line is wrong", () => {
  expect(() => resolveIncludes(write("k.wgsl", "", "#include <b.wgsl>"))).toThrow(
    /k\.wgsl:2: expected #include "path"/,
  );
  expect(() => resolveIncludes(write("k.wgsl", '#include "lib/c.wgsl"'))).toThrow(/lib\/c\.wgsl/);
});
