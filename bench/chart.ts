/** Draws a result as an SVG: milliseconds of every contender on every subject. */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import { barsOf, KINDS } from "./bars";
import type { Result } from "./results";

const INK = "#333";

/** An SVG document with one panel per subject; bars start at zero, and shorter is faster. */
export async function chart(results: readonly Result[]): Promise<string> {
  const bars = barsOf(results);
  const panels = [...new Set(bars.map(({ panel }) => panel))];
  const longest = (panel: string): number =>
    Math.max(...bars.filter((bar) => bar.panel === panel).map(({ milliseconds }) => milliseconds));
  const machines = results.map(({ facts }) => `${facts.cpu ?? facts.system}, ${facts.cores} cores`);
  const processors = [...new Set(machines)].join("; ");
  const spec: TopLevelSpec = {
    background: "white",
    padding: 12,
    title: {
      text: "One run of a network, warm: shorter is faster",
      subtitle: [`Median of interleaved runs on ${processors}`, "2x: twice as long as this project in f32"],
      offset: 14,
      anchor: "start",
      color: INK,
      subtitleColor: INK,
    },
    vconcat: panels.map((panel) => ({
      width: 460,
      title: { text: panel, anchor: "start", fontSize: 12, color: INK },
      data: { values: bars.filter((bar) => bar.panel === panel) },
      encoding: {
        y: {
          field: "contender",
          type: "nominal",
          sort: { field: "milliseconds", op: "min" },
          axis: { title: null, labelLimit: 240, minExtent: 160 },
        },
      },
      layer: [
        {
          mark: { type: "bar", height: { band: 0.7 } },
          encoding: {
            x: {
              field: "milliseconds",
              type: "quantitative",
              // Leaves room for the longest bar's label.
              scale: { domain: [0, 1.3 * longest(panel)], nice: false },
              axis: { title: "milliseconds", tickCount: 5 },
            },
            color: {
              field: "kind",
              type: "nominal",
              title: null,
              scale: {
                domain: KINDS,
                range: ["#d95f02", "#7570b3", "#bbbbbb"],
              },
              legend: { orient: "bottom" },
            },
          },
        },
        {
          mark: { type: "text", align: "left", dx: 4, color: INK },
          encoding: { x: { field: "milliseconds", type: "quantitative" }, text: { field: "label" } },
        },
      ],
    })),
  };
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
