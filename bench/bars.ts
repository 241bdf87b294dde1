/** The times of all contenders as bars of a chart. */
import type { Result } from "./results";
import type { PeerRow, Where } from "./rows";
import { softwareDriverName } from "./steps/adapter";

/** Groups of contenders, which differ by colour. */
export const KINDS = ["this project", "other, same adapter", "other, processor"] as const;

export interface Bar {
  readonly panel: string;
  readonly contender: string;
  readonly milliseconds: number;
  /** "1.23 s, 4.5x": the time, and its ratio to ours in f32. */
  readonly label: string;
  readonly kind: (typeof KINDS)[number];
}

const PLACES: Readonly<Record<Where, string>> = { node: "Node", chromium: "Chromium", browser: "browser" };

/** The panel's title: "Inception-ResNet-v2 299x299 - node, SwiftShader". */
function panelOf({ subject, where, adapter }: PeerRow): string {
  const driver = softwareDriverName(adapter) ?? adapter;
  const names: Readonly<Record<string, string>> = { embedder: "Inception-ResNet-v2", colorizer: "table network" };
  const title = subject.replace(/^\w+/, (word) => names[word] ?? word);
  return `${title}, ${PLACES[where]}, ${driver}`;
}

function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toPrecision(3)} ms` : `${(milliseconds / 1000).toPrecision(3)} s`;
}

/**
 * The bars of all timed peers; for a subject that was measured twice, the last time. Single layers are drawn only where no
 * network was measured.
 */
export function barsOf(results: readonly Result[]): Bar[] {
  const rows = results.flatMap(comparable);
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

/** Peers of the step that compares all of them, because rows of different steps were not interleaved. */
function comparable({ rows }: Result): PeerRow[] {
  const peers = rows.filter((row): row is PeerRow => row.kind === "peer");
  const step = peers.find((row) => row.step === "peers")?.step ?? peers[0]?.step;
  return peers.filter((row) => row.step === step);
}
