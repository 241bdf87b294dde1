import { expect, it } from "vitest";
import type { TestModule } from "vitest/node";
import { reportOf } from "./adapter-report";

/** A module with tests in these states. */
function moduleOf(relativeModuleId: string, results: readonly { state: string; note?: string }[]): TestModule {
  const children = { allTests: () => results.map((result) => ({ result: () => result })) };
  return { relativeModuleId, children } as unknown as TestModule;
}

it("names the adapter, and the reasons of skipped tests with their files", () => {
  const skipped = { state: "skipped", note: "this adapter has no shader-f16" };
  const modules = [
    moduleOf("test/a.test.ts", [{ state: "passed" }, skipped, skipped]),
    moduleOf("test/b.test.ts", [{ state: "failed" }, skipped, { state: "skipped" }]),
  ];
  expect(reportOf(modules, "llvmpipe, without shader-f16").split("\n")).toEqual([
    "Adapter: llvmpipe, without shader-f16",
    "Tests that ran: 2, failed: 1, skipped: 4",
    "  3 skipped: this adapter has no shader-f16 (test/a.test.ts, test/b.test.ts)",
    "  1 skipped: no reason given: not for this platform, or not chosen (test/b.test.ts)",
  ]);
  expect(reportOf(modules, "llvmpipe", "swiftshader in Chromium").split("\n")[1]).toBe(
    "Adapter in the browser: swiftshader in Chromium",
  );
});
