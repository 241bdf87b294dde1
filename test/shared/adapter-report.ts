/** A reporter for vitest: which adapter the tests ran on, and which were skipped, by the reason that they give. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Reporter, TestModule } from "vitest/node";

export default class AdapterReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const browser = modules.some(({ relativeModuleId }) => relativeModuleId.startsWith("test/browser/"));
    console.log(
      `\n${reportOf(modules, adapterOf("print-adapter"), browser ? adapterOf("print-browser-adapter") : undefined)}`,
    );
  }
}

/** What a script prints of an adapter. In a process of its own, because a driver's threads would keep this one alive. */
function adapterOf(name: string): string {
  try {
    const script = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
    const register = fileURLToPath(new URL("../../tools/register.mjs", import.meta.url));
    return execFileSync(process.execPath, ["--import", register, script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim(); // prettier-ignore
  } catch {
    return "none that could be requested";
  }
}

/** The report's text. `browser`: the adapter of browser tests, where some ran. */
export function reportOf(modules: readonly TestModule[], adapter: string, browser?: string): string {
  const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
  const skipped = new Map<string, string[]>();
  for (const module of modules)
    for (const test of module.children.allTests()) {
      const result = test.result();
      counts[result.state]++;
      if (result.state !== "skipped") continue;
      const reason = result.note ?? "no reason given: not for this platform, or not chosen";
      skipped.set(reason, [...(skipped.get(reason) ?? []), module.relativeModuleId]);
    }
  const lines = [...skipped].map(([reason, files]) => {
    const names = [...new Set(files)].sort();
    return `  ${files.length} skipped: ${reason} (${names.slice(0, 5).join(", ")}${names.length > 5 ? `, and ${names.length - 5} more files` : ""})`; // prettier-ignore
  });
  const ran = `Tests that ran: ${counts.passed + counts.failed}, failed: ${counts.failed}, skipped: ${counts.skipped}`;
  const inBrowser = browser === undefined ? [] : [`Adapter in the browser: ${browser}`];
  return [`Adapter: ${adapter}`, ...inBrowser, ran, ...lines].join("\n");
}
