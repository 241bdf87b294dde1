import { expect, it } from "vitest";
import { completeSpecifiers } from "../../tools/build-types";

it("completes relative specifiers, and only those", () => {
  const text = `import type { A } from "./a";\nexport * from '../b';\nexport type { C } from "pkg";\n`;
  const paths: Record<string, string> = { "./a": "/t/x/a.d.ts", "../b": "/t/b/index.d.ts" };
  expect(completeSpecifiers(text, (specifier) => paths[specifier], "/t/x/file.d.ts")).toEqual({
    text: `import type { A } from "./a.js";\nexport * from '../b/index.js';\nexport type { C } from "pkg";\n`,
    targets: ["/t/b/index.d.ts", "/t/x/a.d.ts"],
  });
});
