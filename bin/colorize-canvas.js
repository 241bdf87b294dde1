#!/usr/bin/env node
// The command of the package. It needs packages that browsers never do, so they are optional; say which one is missing.
// The versions are those of package.json: npm refuses newer ones beside this package.
try {
  await import("../dist/cli.js");
} catch (error) {
  const missing = error?.code === "ERR_MODULE_NOT_FOUND" && /Cannot find package '([^']+)'/.exec(error.message)?.[1];
  if (!missing) throw error;
  console.error(
    `colorize-canvas: the command needs the npm package ${missing}. Install all that it needs with\n` +
      "  npm install webgpu@0.6 sharp@0.35 commander@14 cli-progress@3 tar@7 @sparticuz/chromium@147.0.0",
  );
  process.exitCode = 1;
}
