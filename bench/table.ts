/** Formats results as text. */
import type { Verdict } from "./check";
import { combinedRatios, ratiosOf, type Ratio } from "./ratios";
import { shareOfRoof } from "./roof-share";
import type { KernelRow, ModelRow, PeerRow, Row } from "./rows";
import type { Spread } from "./statistics";

/** Columns padded to their widest cell; numbers to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, i) => Math.max(...all.map((row) => (row[i] ?? "").length)));
  const numeric = header.map((_, i) => rows.every((row) => /^[-\d.,x% +]*$/.test(row[i] ?? "")));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [line(header), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** Milliseconds with about three digits. */
export function ms(value: number | undefined): string {
  if (value === undefined) return "";
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

function spread(value: Spread | undefined): string {
  return value ? `${ms(value.low)} - ${ms(value.high)}` : "";
}

const mib = (bytes: number | undefined): string => (bytes === undefined ? "" : (bytes / 2 ** 20).toFixed(1));

function kernelTable(rows: readonly Row[], own: readonly KernelRow[]): string {
  const header = ["kernel", "elem", "ms", "quartiles", "GPU ms", "GFLOP/s", "GB/s", "of roof"];
  const body = own.map((row) => {
    const roof = rows.find((r) => r.kind === "roof" && r.where === row.where && r.adapter === row.adapter);
    const time = row.gpu ?? row.wall;
    if (row.error !== undefined || !time) return [row.name, row.elem, "", short(row.error)];
    const { flops = 0, bytes = 0 } = row;
    const share = roof?.kind === "roof" ? `${(100 * shareOfRoof(roof, flops, bytes, time.median)).toFixed(0)} %` : "";
    const rate = (n: number): string => (n / time.median / 1e6).toFixed(2);
    return [
      row.name,
      row.elem,
      ms(row.wall?.median),
      spread(row.wall),
      ms(row.gpu?.median),
      rate(flops),
      rate(bytes),
      share,
    ];
  });
  return textTable(header, body);
}

function modelTable(own: readonly ModelRow[]): string {
  const header = [
    "size",
    "elem",
    "cold ms",
    "warm ms",
    "quartiles",
    "repeats",
    "embedder",
    "colorizer",
    "luminance",
    "recombine",
    "peak MiB",
    "weights",
    "activations",
    "note",
  ];
  const body = own.map((row) => {
    const stage = (name: keyof NonNullable<ModelRow["stages"]>): string => ms(row.stages?.[name]?.median);
    const stages = (["embedder", "colorizer", "luminance", "recombine"] as const).map(stage);
    const bytes = [row.peakBytes, row.weightBytes, row.activationBytes].map(mib);
    const { total } = row;
    return [
      String(row.size),
      row.elem,
      ms(row.cold),
      ms(total?.median),
      spread(total),
      String(total?.repeats ?? ""),
      ...stages,
      ...bytes,
      short(row.error),
    ];
  });
  return textTable(header, body);
}

function peerTable(own: readonly PeerRow[]): string {
  const [wall, cpu] = [ratiosOf(own), ratiosOf(own, "cpu")];
  const header = [
    "subject",
    "contender",
    "cold ms",
    "warm ms",
    "quartiles",
    "repeats",
    "CPU ms",
    "difference",
    "of ours",
    "of our CPU",
    "note",
  ];
  const body = own.map((row) => {
    const engine = own.find((r) => r.ours && r.elem === "f32" && r.subject === row.subject)?.contender;
    const key = [row.where, row.subject, engine, row.contender].join(" / ");
    const times = (ratios: readonly Ratio[]): string => {
      const ratio = ratios.find((r) => r.key === key)?.ratio;
      return ratio === undefined ? "" : `${ratio.toFixed(2)}x`;
    };
    return [
      row.subject,
      row.contender,
      ms(row.cold),
      ms(row.wall?.median),
      spread(row.wall),
      String(row.wall?.repeats ?? ""),
      ms(row.cpu?.median),
      row.difference?.toExponential(1) ?? "",
      times(wall),
      row.ours || row.contender.endsWith(" cpu") ? "" : times(cpu),
      short(row.error),
    ];
  });
  return textTable(header, body);
}

/** The first words of an error; the JSON file has all of it. */
function short(error: string | undefined): string {
  const line = error?.split("\n")[0] ?? "";
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** All rows as text, one table per suite and place. */
export function tables(rows: readonly Row[]): string {
  const parts: string[] = [];
  const places = [...new Set(rows.map(({ where, adapter }) => `${where}, ${adapter}`))];
  for (const place of places) {
    const here = rows.filter(({ where, adapter }) => `${where}, ${adapter}` === place);
    const roof = here.find((row) => row.kind === "roof");
    if (roof?.kind === "roof")
      parts.push(
        `Roofs (${place}): ${roof.gflops.toFixed(1)} GFLOP/s, ${roof.gbytes.toFixed(1)} GB/s, ${roof.cachedGbytes.toFixed(1)} GB/s cached`,
      );
    const kernels = here.filter((row): row is KernelRow => row.kind === "kernel");
    if (kernels.length > 0) parts.push(`Kernels (${place})\n${kernelTable(here, kernels)}`);
    const models = here.filter((row): row is ModelRow => row.kind === "model");
    if (models.length > 0)
      parts.push(`Whole model, photograph of ${models[0]!.picture.join("x")} (${place})\n${modelTable(models)}`);
    const peers = here.filter((row): row is PeerRow => row.kind === "peer");
    if (peers.length > 0) parts.push(`Peers (${place})\n${peerTable(peers)}`);
    const both = combinedRatios(here);
    if (both.length > 0) parts.push(both.map(({ key, ratio }) => `${key}: ${ratio.toFixed(2)}x`).join("\n"));
  }
  return parts.join("\n\n");
}

export function verdictTable(verdicts: readonly Verdict[]): string {
  const header = ["ratio", "before", "least", "now", ""];
  const body = verdicts.map(({ key, before, least, now, passed }) => [
    key,
    before.toFixed(2),
    least.toFixed(2),
    now?.toFixed(2) ?? "-",
    passed ? "ok" : "FELL",
  ]);
  return textTable(header, body);
}
