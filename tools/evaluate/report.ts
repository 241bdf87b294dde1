/** A finished evaluation, and its reports as JSON, text and Markdown. */
import type { MeanScores, MethodSummary, Rank, Row, SetSummary } from "./summary";

export interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface Evaluation {
  readonly settings: {
    readonly photographs: string;
    readonly shortSide: number;
    readonly limit: number | null;
    readonly rank: Rank;
    /** By method. */
    readonly methods: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
  };
  readonly summary: Readonly<Record<string, SetSummary>>;
  readonly photographs: readonly Row[];
  readonly failures: readonly Failure[];
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(7)) : value;
}

export function jsonReport(evaluation: Evaluation): string {
  return `${JSON.stringify(evaluation, rounded, 1)}\n`;
}

/** Columns of the tables that compare methods. */
export const COLUMNS: readonly (readonly [string, (scores: MeanScores, set: SetSummary) => string])[] = [
  ["PSNR dB", (s) => s.psnr.toFixed(2)],
  ["SSIM", (s) => s.ssim.toFixed(4)],
  ["ab-RMSE", (s) => s.abRmse.toFixed(2)],
  ["pooled", (s) => s.abRmsePooled.toFixed(2)],
  ["below grey", (s, { grey }) => (s === grey ? "" : percent(1 - s.abRmse / grey.abRmse))],
  ["CIEDE2000", (s) => s.ciede2000.toFixed(2)],
  ["colourful", (s) => s.colourfulness.toFixed(1)],
  ["difference", (s) => s.colourfulnessDifference.toFixed(1)],
  ["nearer", (s) => ("nearerThanGrey" in s ? percent((s as MethodSummary).nearerThanGrey) : "")],
  ["neutral kept", (s) => (s.neutralKept === undefined ? "" : percent(s.neutralKept))],
  ["Frechet", (s) => s.frechet?.toFixed(2) ?? ""],
  ["shuffled", (s) => (s as MethodSummary).shuffled?.abRmse.toFixed(2) ?? ""],
];

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Grey and the methods of each set, as the lines of the tables. */
function lines(summary: Evaluation["summary"]): { set: string; method: string; scores: MeanScores }[] {
  return Object.entries(summary).flatMap(([set, part]) =>
    Object.entries({ grey: part.grey, ...part.methods }).map(([method, scores]) => ({ set, method, scores })),
  );
}

/** The columns that were measured. */
function measuredColumns(summary: Evaluation["summary"]): typeof COLUMNS {
  const all = lines(summary);
  return COLUMNS.filter(([, cell]) => all.some(({ set, scores }) => cell(scores, summary[set]!) !== ""));
}

/** One line for grey and each method of each set: set, photographs, method, then the columns that were measured. */
export function tableRows(summary: Evaluation["summary"]): string[][] {
  const columns = measuredColumns(summary);
  return lines(summary).map(({ set, method, scores }) => {
    const part = summary[set]!;
    return [set, String(part.photographs), method, ...columns.map(([, cell]) => cell(scores, part))];
  });
}

/** Headings of tableRows(). */
export function tableHead(summary: Evaluation["summary"]): string[] {
  return ["set", "photographs", "method", ...measuredColumns(summary).map(([title]) => title)];
}

/** The table for a terminal: text to the left, numbers to the right. */
export function textTable({ summary }: Evaluation): string {
  const head = tableHead(summary);
  const rows = [head, ...tableRows(summary)];
  const widths = head.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  const lines = rows.map((row) =>
    widths
      .map((width, c) => (c === 0 || c === 2 ? row[c]!.padEnd(width) : row[c]!.padStart(width)))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

/** Rows of cells, the headings first, as a table in Markdown. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function firstMethod({ summary }: Evaluation): string {
  return Object.keys(Object.values(summary)[0]!.methods)[0]!;
}

/** A method's figures as the table of a model card. Default: the first method's. */
export function cardTable(evaluation: Evaluation, method = firstMethod(evaluation)): string {
  const { summary } = evaluation;
  const [shuffled, frechet] = ["shuffled", "Frechet"].map((title) => tableHead(summary).includes(title));
  const pair = (s: SetSummary, pick: (scores: MeanScores) => string): string =>
    `${pick(s.methods[method]!)} / ${pick(s.grey)}`;
  const head = [
    "photographs",
    "PSNR ours / grey",
    "SSIM ours / grey",
    "ab-RMSE ours / grey",
    "below grey (pooled)",
    "CIEDE2000 ours / grey",
    "colourfulness ours / truth",
    "nearer than grey",
    "neutral pixels kept",
    ...(frechet ? ["Frechet ours / grey"] : []),
    ...(shuffled ? ["ab-RMSE with other photographs' embeddings"] : []),
  ];
  const rows = Object.entries(summary).map(([name, set]) => {
    const ours = set.methods[method]!;
    return [
      `${name} ${set.photographs}`,
      `${pair(set, (s) => s.psnr.toFixed(2))} dB`,
      pair(set, (s) => s.ssim.toFixed(4)),
      pair(set, (s) => s.abRmse.toFixed(2)),
      `${percent(ours.abRmseBelowGrey)} (${percent(ours.abRmsePooledBelowGrey)})`,
      pair(set, (s) => s.ciede2000.toFixed(2)),
      `${ours.colourfulness.toFixed(1)} / ${set.truthColourfulness.toFixed(1)} (${percent(ours.colourfulnessRatio)})`,
      percent(ours.nearerThanGrey),
      ours.neutralKept === undefined ? "-" : percent(ours.neutralKept),
      ...(frechet ? [ours.frechet === undefined ? "-" : pair(set, (s) => s.frechet!.toFixed(2))] : []),
      ...(shuffled ? [ours.shuffled?.abRmse.toFixed(2) ?? "-"] : []),
    ];
  });
  return markdownTable([head, ...rows]);
}

/** A method's figures in the form of metrics.evaluation in model.json. Default: the first method's. */
export function cardMetrics(evaluation: Evaluation, method = firstMethod(evaluation)): string {
  const sets = Object.entries(evaluation.summary).map(([name, { photographs, truthColourfulness, grey, methods }]) => {
    const { shuffled, colourfulnessRatio, abRmseBelowGrey, abRmsePooledBelowGrey, psnrAboveGrey, ...rest } =
      methods[method]!;
    const { nearerThanGrey, ...ours } = rest;
    const compared = {
      truthColourfulness,
      colourfulnessRatio,
      abRmseBelowGrey,
      abRmsePooledBelowGrey,
      psnrAboveGrey,
      nearerThanGrey,
    };
    return [name, { photographs, ours, grey, ...(shuffled && { shuffled }), ...compared }];
  });
  const short = (_: string, value: unknown): unknown => (typeof value === "number" ? Number(value.toFixed(4)) : value);
  return `${JSON.stringify({ evaluation: Object.fromEntries(sets) as unknown }, short, 2)}\n`;
}
