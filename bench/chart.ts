/** Draws a result as an SVG: milliseconds of every contender on every subject. */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Result } from "./results";
import type { PeerRow } from "./rows";

interface Bar {
  readonly panel: string;
  readonly contender: string;
  readonly milliseconds: number;
  /** "1.23 s, 4.5x": the time, and its ratio to ours in f32. */
  readonly label: string;
  readonly kind: "this project" | "other, same adapter" | "other, processor";
}

/** The panel's title: "Inception-ResNet-v2 299x299 - node, SwiftShader". */
function panelOf({ subject, where, adapter }: PeerRow): string {
  const driver = /swiftshader|llvmpipe/i.exec(adapter)?.[0] ?? adapter;
  const names: Readonly<Record<string, string>> = { embedder: "Inception-ResNet-v2", colorizer: "table network" };
  const title = subject.replace(/^\w+/, (word) => names[word] ?? word);
  return `${title}, ${where === "node" ? "Node" : "Chromium"}, ${driver}`;
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toPrecision(3)} s`;
}

/**
 * The bars of all timed peers; for a subject that was measured twice, the last time. Single layers are drawn only where no
 * network was measured.
 */
export function barsOf(results: readonly Result[]): Bar[] {
  const rows = results.flatMap((result) => result.rows.filter((row): row is PeerRow => row.kind === "peer"));
  const all = rows.filter((row) => row.error === undefined && row.wall !== undefined);
  const networks = all.filter(({ subject }) => !subject.startsWith("chain"));
  const timed = networks.length > 0 ? networks : all;
  const last = new Map(timed.map((row) => [`${panelOf(row)}\n${row.contender}`, row]));
  return [...last.values()].map((row): Bar => {
    const panel = panelOf(row);
    const own = [...last.values()].find((other) => other.ours && other.elem === "f32" && panelOf(other) === panel);
    const { median } = row.wall!;
    const factor = own && own !== row ? `, ${(median / own.wall!.median).toPrecision(2)}x` : "";
    const onProcessor = / (cpu|wasm)$/.test(row.contender);
    return {
      panel,
      contender: row.contender,
      milliseconds: median,
      label: seconds(median) + factor,
      kind: row.ours ? "this project" : onProcessor ? "other, processor" : "other, same adapter",
    };
  });
}

const INK = "#333";

/** An SVG document with one panel per subject; bars start at zero, and shorter is faster. */
export async function chart(results: readonly Result[]): Promise<string> {
  const bars = barsOf(results);
  const panels = [...new Set(bars.map(({ panel }) => panel))];
  const longest = (panel: string): number =>
    Math.max(...bars.filter((bar) => bar.panel === panel).map(({ milliseconds }) => milliseconds));
  const processors = [...new Set(results.map(({ facts }) => `${facts.cpu}, ${facts.cores} cores`))].join("; ");
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
                domain: ["this project", "other, same adapter", "other, processor"],
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
