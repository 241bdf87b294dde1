/** The results of runs as Markdown, between the markers of a document. */
import { withPart } from "./markers";
import type { Facts, Result } from "./results";
import type { Row } from "./rows";
import { softwareDriverName } from "./steps/adapter";
import { findings, type Line } from "./steps/findings";

/** The document with these results. `name`: the document's name in an error. */
export function withResults(document: string, results: readonly Result[], name: string): string {
  return withPart(document, "Results", "bench:report", resultsText(results), name);
}

interface Run {
  readonly adapter: string;
  readonly result: Result;
  /** Those of this adapter. */
  readonly rows: readonly Row[];
}

function resultsText(results: readonly Result[]): string {
  const runs = results.flatMap((result) =>
    [...new Set(result.rows.map(({ adapter }) => adapter))].map((adapter): Run => {
      return { adapter, result, rows: result.rows.filter((row) => row.adapter === adapter) };
    }),
  );
  const adapters = [...new Set(runs.map(({ adapter }) => adapter))];
  const software = adapters.filter(softwareDriverName);
  const gpus = adapters.filter((adapter) => !softwareDriverName(adapter));
  const none = gpus.length === 0 ? ["No GPU has been measured yet: all of these are drivers in software."] : [];
  const sections = [...gpus, ...software].map((adapter) => {
    const own = runs.filter((run) => run.adapter === adapter);
    return [`### ${plain(adapter)}`, ...own.map(runText)].join("\n\n");
  });
  return [...none, ...sections].join("\n\n");
}

function runText({ result, rows }: Run): string {
  const { facts, adapters } = result;
  const places = [...new Set(rows.map(({ where }) => where))];
  const infos = places.map((where) => adapters[where] ?? {});
  const elems = [...new Set(rows.flatMap((row) => ("elem" in row ? [row.elem] : [])))];
  const head: Line[] = [
    ["date", facts.date.slice(0, 10)],
    ["driver", infos.map(driverOf).join("; ")],
    ["where", places.map((where, i) => infos[i]!["browser"] ?? (where === "node" ? "Node" : where)).join("; ")],
    ["machine", machineOf(facts)],
    ["precision", elems.join(", ")],
    [
      "versions",
      Object.entries(facts.versions)
        .map((pair) => pair.join(" "))
        .join(", "),
    ],
  ];
  const lines = [...head, ...findings(rows)].map(([what, found]) => `| ${plain(what)} | ${plain(found)} |`);
  return ["| what | found |", "| --- | --- |", ...lines].join("\n");
}

/** Browsers tell it only where a person wrote it down. */
function driverOf(info: Readonly<Record<string, string>>): string {
  const named = [info["driver"], info["nvidia-smi driver_version"]].filter(Boolean).join(", ");
  return named || info["description"] || "unknown";
}

function machineOf({ cpu, system, cores, memoryGiB }: Facts): string {
  return [cpu, system, `${cores} cores`, memoryGiB && `${memoryGiB} GiB`].filter(Boolean).join(", ");
}

/** The text without what Markdown would take as its own. */
const plain = (text: string): string => text.replace(/[\\|<*_`[\]]/g, "\\$&").replace(/\s+/g, " ");
