/** Formats a run of the pack as text: the most important figures first, then all. */
import type { Result } from "../results";
import type { DeviceRow, ProfileRow, Row, TestRow } from "../rows";
import { findings, ofKind, type Line } from "../steps/findings";
import { ms, tables, textTable } from "../table";

/** The report of all rows so far. */
export function report(result: Result): string {
  const { facts, rows, steps = [], failures } = result;
  const [device] = ofKind(rows, "device");
  const head: Line[] = [
    ["adapter", device?.adapter ?? "none"],
    ["driver", device?.info["driver"] ?? "unknown"],
    ["machine", `${facts.cpu}, ${facts.cores} cores, ${facts.memoryGiB} GiB, load ${facts.loadBefore}`],
    ["date", facts.date],
    [
      "versions",
      Object.entries(facts.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
  ];
  const parts = [textTable(["run", ""], head), textTable(["found", ""], findings(rows))];
  const failed = ofKind(rows, "test").filter(({ state }) => state === "failed");
  if (failed.length > 0) parts.push(`Tests that failed\n${failed.map(failureOf).join("\n")}`);
  if (steps.length > 0)
    parts.push(
      textTable(
        ["step", "s", "note"],
        steps.map(({ name, seconds, error }) => [name, seconds.toFixed(0), error ?? ""]),
      ),
    );
  for (const step of new Set(rows.map((row) => row.step))) {
    const own = rows.filter((row) => row.step === step);
    // The kernels' table needs the roofs for its shares.
    const found = tables(own.some(({ kind }) => kind === "kernel") ? [...ofKind(rows, "roof"), ...own] : own);
    if (found) parts.push(`== ${step ?? "device"}\n\n${found}`);
  }
  for (const row of ofKind(rows, "profile")) parts.push(profile(row));
  const tuning = tuned(rows);
  if (tuning) parts.push(`Convolutions that the tuner measured, and how it computes them\n${tuning}`);
  for (const { job, error } of failures) parts.push(`${job}: ${error}`);
  if (device) parts.push(abilities(device));
  return `${parts.join("\n\n")}\n`;
}

const failureOf = ({ file, name, error = "" }: TestRow): string => `${file}: ${name}: ${error.split("\n")[0]}`;

/** Times of steps summed by kernel, and the slowest single steps. */
function profile({ subject, elem, clock, pipelines, repeats, steps = [], error }: ProfileRow): string {
  const title = `Steps of ${subject} ${elem}`;
  if (error !== undefined) return `${title}: ${error}`;
  const sum = (of: typeof steps): number => of.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const all = sum(steps);
  const line = (name: string, of: typeof steps): string[] => {
    const milliseconds = sum(of);
    const rate = (key: "gflops" | "gbytes"): string =>
      ((1000 * of.reduce((total, step) => total + step[key], 0)) / milliseconds).toFixed(1);
    const share = `${((100 * milliseconds) / all).toFixed(1)} %`;
    return [name, String(of.length), ms(milliseconds), share, rate("gflops"), rate("gbytes")];
  };
  const kernels = [...new Set(steps.map(({ kernel }) => kernel))]
    .map((kernel) => steps.filter((step) => step.kernel === kernel))
    .toSorted((a, b) => sum(b) - sum(a));
  const slowest = steps.map((step, i) => ({ step, i })).toSorted((a, b) => b.step.milliseconds - a.step.milliseconds);
  const lines = [
    ...kernels.map((of) => line(of[0]!.kernel, of)),
    ...slowest.slice(0, 12).map(({ step, i }) => line(`step ${i}: ${step.kernel}`, [step])),
  ];
  const facts = `${steps.length} dispatches, ${pipelines} pipelines, ${ms(all)} ms by ${clock}, medians of ${repeats}`;
  return `${title}: ${facts}\n${textTable(["kernel", "steps", "ms", "share", "GFLOP/s", "GB/s"], lines)}`;
}

/** The tuner's measurements of each shape relative to the default algorithm, largest gains first. */
function tuned(rows: readonly Row[]): string | undefined {
  const lines = ofKind(rows, "peer").flatMap(({ elem, tuning }) =>
    (tuning?.shapes ?? []).map(({ key, count, choice, tried, flops }) => {
      const time = (name: string | undefined): number =>
        typeof tried[name!] === "number" ? Number(tried[name!]) : NaN;
      const [first] = Object.keys(tried);
      const won = count * (time(first) - time(choice));
      const rate = (flops / time(choice) / 1e6).toFixed(1);
      return { won, cells: [key, String(count), elem, choice, ms(time(first)), ms(time(choice)), rate] };
    }),
  );
  if (lines.length === 0) return undefined;
  const sorted = lines.toSorted((a, b) => (b.won || 0) - (a.won || 0));
  return textTable(
    ["convolution", "places", "elem", "chosen", "plain ms", "chosen ms", "GFLOP/s"],
    sorted.map(({ cells }) => cells),
  );
}

function abilities({ info, features, limits }: DeviceRow): string {
  const says = Object.entries(info).map(([name, value]) => `${name}: ${value}`);
  const numbers = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  return [`Adapter\n${says.join("\n")}`, `Features\n${features.join(", ")}`, `Limits\n${numbers.join("\n")}`].join(
    "\n\n",
  );
}
