/** Writes the report as one HTML file with embedded pictures and sortable tables. */
import { CELL, stripWidth } from "./pictures";
import { percent, tableHead, tableRows, type Evaluation } from "./report";
import { ranked, type Row } from "./summary";

/** Pictures of one photograph beside each other (grey, methods, photograph): WebP, by name. */
export type Strips = ReadonlyMap<string, Buffer>;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th.text, td.text { text-align: left; }
thead th { position: sticky; top: 0; background: Canvas; }
th[data-sort] button { all: unset; cursor: pointer; } th[data-sort] button:focus-visible { outline: 2px solid; }
th[aria-sort=ascending] button::after { content: " ↑"; } th[aria-sort=descending] button::after { content: " ↓"; }
tr.first td { border-top: 2px solid var(--line); } tr.grey { opacity: .7; }
.scroll { overflow-x: auto; }
.strips { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.strips li { background: var(--soft); padding: .5rem; border-radius: .4rem; }
.strips span { display: block; font-size: .85rem; }
img { display: block; max-width: 100%; height: auto; } td img { height: 72px; width: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dd { margin: 0; }
`;

/** Sorts the table of photographs by the column whose heading is pressed. */
const SCRIPT = `
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[column].dataset.value;
    const compare = head.dataset.sort === "text"
      ? (a, b) => key(a).localeCompare(key(b), "en", { numeric: true })
      : (a, b) => key(a) - key(b);
    const rows = [...table.tBodies[0].rows].sort(compare);
    table.tBodies[0].append(...(down ? rows.reverse() : rows));
  }));
}
`;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function summaryTable(summary: Evaluation["summary"]): string {
  const head = tableHead(summary);
  const text = (c: number): string => (c === 0 || c === 2 ? ' class="text"' : "");
  const cells = (tag: string, row: readonly string[]): string =>
    row.map((cell, c) => `<${tag}${text(c)}>${escapeHtml(cell)}</${tag}>`).join("");
  // Each set starts with its grey line.
  const rows = tableRows(summary).map((row) => {
    const start = row[2] === "grey";
    const shown = start ? row : ["", "", ...row.slice(2)];
    return `<tr${start ? ' class="first grey"' : ""}>${cells("td", shown)}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${cells("th", head)}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

/** The strip of a photograph, inside the page. */
function image(row: Row, strips: Strips, pictures: number): string {
  const strip = strips.get(row.name);
  if (!strip) return "";
  const size = `width="${stripWidth(pictures)}" height="${CELL}"`;
  return `<img ${size} loading="lazy" alt="${escapeHtml(row.name)}: grey, coloured, photograph" src="data:image/webp;base64,${strip.toString("base64")}">`;
}

/** Figures of one photograph: heading, value, digits. */
function figures(row: Row, methods: readonly string[]): [string, number, number][] {
  const several = methods.length > 1;
  return methods.flatMap((method): [string, number, number][] => {
    const scores = row.methods[method]!;
    const of = (title: string): string => (several ? `${method}: ${title}` : title);
    return [
      [of("PSNR"), scores.psnr, 2],
      [of("SSIM"), scores.ssim, 4],
      [of("ab-RMSE"), Math.sqrt(scores.abSquared), 2],
      [of("gain"), Math.sqrt(row.grey.abSquared) - Math.sqrt(scores.abSquared), 2],
      [of("CIEDE2000"), scores.ciede2000, 2],
      [of("colourful"), scores.colourfulness, 1],
      [of("difference"), scores.colourfulness - row.truth, 1],
    ];
  });
}

function photographTable(rows: readonly Row[], methods: readonly string[], strips: Strips): string {
  const head = figures(rows[0]!, methods).map(
    ([title]) => `<th data-sort="number"><button>${escapeHtml(title)}</button></th>`,
  );
  const body = rows.map((row) => {
    const cells = figures(row, methods).map(([, v, digits]) => `<td data-value="${v}">${v.toFixed(digits)}</td>`);
    const name = escapeHtml(row.name);
    return `<tr><td class="text" data-value="${name}">${name}</td><td>${image(row, strips, methods.length + 2)}</td>${cells.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="sortable"><thead><tr><th class="text" data-sort="text"><button>photograph</button></th><th></th>${head.join("")}</tr></thead>
<tbody>${body.join("\n")}</tbody></table></div>`;
}

function gallery(rows: readonly Row[], method: string, pictures: number, strips: Strips): string {
  const items = rows.map((row) => {
    const { psnr, abSquared, ciede2000 } = row.methods[method]!;
    const ab = `ab-RMSE ${Math.sqrt(abSquared).toFixed(1)} (grey ${Math.sqrt(row.grey.abSquared).toFixed(1)})`;
    const line = `${ab}, PSNR ${psnr.toFixed(1)} dB, CIEDE2000 ${ciede2000.toFixed(1)}`;
    return `<li>${image(row, strips, pictures)}<span>${escapeHtml(row.name)}</span><span>${line}</span></li>`;
  });
  return `<ul class="strips">${items.join("\n")}</ul>`;
}

const RANK_TEXT = {
  gain: "how much lower its ab-RMSE is than that of grey",
  "ab-rmse": "ab-RMSE",
  psnr: "PSNR",
  ssim: "SSIM",
  ciede2000: "CIEDE2000",
} as const;

/** A self-contained page. Shows the worst and the best `count` photographs. */
export function htmlReport(evaluation: Evaluation, strips: Strips, count = 10): string {
  const { settings, summary, photographs, failures } = evaluation;
  const methods = Object.keys(settings.methods);
  const [first] = methods as [string];
  const order = ranked(photographs, first, settings.rank);
  const share = Math.min(count, Math.ceil(order.length / 2));
  const facts = Object.entries(settings.methods).map(([name, method]) => {
    const text = Object.entries(method).map(([key, value]) => `${key} ${value}`);
    return `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text.join(", "))}</dd>`;
  });
  const all = summary["all"]!;
  const ours = all.methods[first]!;
  const below = ours.abRmseBelowGrey;
  const failed = failures.map(({ name, message }) => `<li>${escapeHtml(`${name}: ${message}`)}</li>`);
  const pictures = methods.length + 2;
  const by = `${escapeHtml(first)}, by ${RANK_TEXT[settings.rank]}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Evaluation of ${escapeHtml(methods.join(", "))}</title><style>${STYLE}</style></head><body>
<h1>Colour photographs made grey, and coloured again</h1>
<p><strong>${all.photographs}</strong> photographs at ${settings.shortSide} pixels on the short side. ${escapeHtml(first)}: ab-RMSE
<strong>${percent(Math.abs(below))} ${below < 0 ? "above" : "below"}</strong> that of grey, PSNR ${ours.psnr.toFixed(2)} dB (grey ${all.grey.psnr.toFixed(2)}),
colourfulness ${ours.colourfulness.toFixed(1)} of ${all.truthColourfulness.toFixed(1)}.</p>
<dl><dt>photographs</dt><dd>${escapeHtml(settings.photographs)}</dd>${facts.join("\n")}</dl>
<h2>By set</h2>
${summaryTable(summary)}
<p>Means over photographs; "pooled" takes the root once over all. Grey is the photograph without colour.</p>
<h2>Worst ${share}</h2><p>${by}. From left to right: grey, ${escapeHtml(methods.join(", "))}, photograph.</p>
${gallery(order.slice(0, share), first, pictures, strips)}
<h2>Best ${share}</h2>
${gallery(order.slice(-share).reverse(), first, pictures, strips)}
<h2>All photographs</h2>
${photographTable(photographs, methods, strips)}
${failed.length > 0 ? `<h2>Left out: ${failed.length}</h2><ul>${failed.join("\n")}</ul>` : ""}
<script>${SCRIPT}</script></body></html>
`;
}
