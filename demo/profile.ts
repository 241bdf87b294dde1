/** Where the time goes: a strip of all steps, as wide as their share, and a table of them. */
import type { ColorizerProfile } from "../src/index";
import { page } from "./view";

/** Kernels keep their colour in strip and table. */
function hueOf(kernel: string, kernels: string[]): number {
  if (!kernels.includes(kernel)) kernels.push(kernel);
  return (kernels.indexOf(kernel) * 137.5) % 360; // the golden angle: neighbours differ
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  text = "",
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), { textContent: text }, properties);
}

const COLUMNS = ["network", "step", "kernel", "ms", "GFLOP/s", "GB/s", "share"];

/** Fills the section with a profile of the networks. */
export function showProfile(profile: ColorizerProfile): void {
  const parts = Object.entries(profile) as [keyof ColorizerProfile, ColorizerProfile["colorizer"]][];
  const total = parts.reduce((sum, [, { milliseconds }]) => sum + milliseconds, 0);
  const kernels: string[] = [];
  const strip = element("div", "", { className: "strip" });
  const body = element("tbody");
  const rows = parts.flatMap(([network, { rows }]) => rows.map((row) => ({ network, ...row })));
  for (const { network, output, kernel, origin, milliseconds: ms, gflopsPerSecond, gbytesPerSecond } of rows) {
    const share = total > 0 ? ms / total : 0;
    const name = origin.join(", ") || output;
    const part = element("span", "", { title: `${network}: ${name}, ${kernel}, ${ms.toFixed(2)} ms` });
    part.style.setProperty("--hue", String(hueOf(kernel, kernels)));
    part.style.flexGrow = String(share);
    strip.append(part);
    const row = element("tr");
    row.style.setProperty("--hue", String(hueOf(kernel, kernels)));
    row.style.setProperty("--share", `${100 * share}%`);
    const numbers = [
      ms.toFixed(2),
      gflopsPerSecond.toFixed(1),
      gbytesPerSecond.toFixed(1),
      `${(100 * share).toFixed(1)} %`,
    ];
    row.append(
      ...[network, name, kernel].map((text) => element("td", text, { title: text })),
      ...numbers.map((text) => element("td", text, { className: "number" })),
    );
    body.append(row);
  }
  const table = element("table");
  const head = element("tr");
  head.append(...COLUMNS.map((text) => element("th", text, { scope: "col" })));
  table.createTHead().append(head);
  table.append(body);
  const clock = parts[0]?.[1].clock === "timestamps" ? "GPU timestamps" : "wall time, one submit a step";
  const summary = element("p", `${rows.length} steps, ${total.toFixed(1)} ms by ${clock}, in the order they run.`);
  const scroll = element("div", "", { className: "scroll", tabIndex: 0 });
  scroll.append(table);
  page.layers.replaceChildren(summary, strip, scroll);
}
