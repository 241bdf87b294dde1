/** Formats a run of the pack as text: the most important figures first, then all. */
import { combinedRatios } from "../ratios";
import type { Result } from "../results";
import { shareOfRoof } from "../roof-share";
import type { DeviceRow, EnduranceRow, KernelRow, ModelRow, PeerRow, ProfileRow, Row, TestRow } from "../rows";
import { ms, tables, textTable } from "../table";

/** Lines of "what: how much". */
export type Finding = readonly [what: string, found: string];

const ofKind = <K extends Row["kind"]>(rows: readonly Row[], kind: K): Extract<Row, { kind: K }>[] =>
  rows.filter((row): row is Extract<Row, { kind: K }> => row.kind === kind);

/** The report of all rows so far. */
export function report(result: Result): string {
  const { facts, rows, steps = [], failures } = result;
  const [device] = ofKind(rows, "device");
  const head: Finding[] = [
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

const speed = (gflops: number): string =>
  gflops >= 1000 ? `${(gflops / 1000).toFixed(2)} TFLOP/s` : `${gflops.toFixed(1)} GFLOP/s`;

/** At least three digits. */
const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** The most important figures. */
export function findings(rows: readonly Row[]): Finding[] {
  const found: (Finding | false)[] = [
    testCounts(ofKind(rows, "test")),
    ...differences(ofKind(rows, "peer")),
    ...roofs(rows),
    ...layers(rows),
    ...pictures(ofKind(rows, "model")),
    ...ofKind(rows, "profile").flatMap(({ subject, elem, steps, pipelines }): Finding[] => {
      const time = steps?.reduce((total, { milliseconds }) => total + milliseconds, 0);
      const counts = `${steps?.length} dispatches, ${pipelines} pipelines, ${ms(time)} ms of the GPU`;
      return steps ? [[`${subject} ${elem}`, counts]] : [];
    }),
    ...["peers", "what the tuner wins"].flatMap((step) => [...totals(rows, step), ...ratios(rows, step)]),
    ...ofKind(rows, "endurance").map(endurance),
  ];
  return found.filter((line) => line !== false);
}

function testCounts(tests: readonly TestRow[]): Finding | false {
  const count = (wanted: TestRow["state"]): number => tests.filter(({ state }) => state === wanted).length;
  const counts = (["passed", "failed", "skipped"] as const).map((state) => `${count(state)} ${state}`);
  return tests.length > 0 && ["tests against references", counts.join(", ")];
}

const failureOf = ({ file, name, error = "" }: TestRow): string => `${file}: ${name}: ${error.split("\n")[0]}`;

/** The largest difference of each storage type, and the contenders that were refused. */
function differences(peers: readonly PeerRow[]): Finding[] {
  const own = peers.filter(({ ours, difference }) => ours && difference !== undefined);
  return (["f32", "f16"] as const).flatMap((elem): Finding[] => {
    const typed = own.filter((row) => row.elem === elem);
    if (typed.length === 0) return [];
    const worst = typed.reduce((a, b) => (b.difference! > a.difference! ? b : a));
    const allowed = worst.difference! <= worst.allowed! ? "allowed" : "TOO LARGE, allowed";
    const of = `${worst.subject}, from ${worst.reference}`;
    const figures = `${worst.difference!.toExponential(1)} of the range (${allowed} ${worst.allowed}): ${of}`;
    return [[`largest difference of networks, ${elem}`, figures]];
  });
}

function roofs(rows: readonly Row[]): Finding[] {
  return ofKind(rows, "roof").flatMap((roof): Finding[] => {
    const half = roof.halfGflops ? `, ${speed(roof.halfGflops)} f16` : "";
    const arithmetic = `${speed(roof.gflops)} f32${half}`;
    const memory = `${short(roof.gbytes)} GB/s, ${short(roof.cachedGbytes)} GB/s of 8 MiB`;
    const one = `${roof.dispatch?.toFixed(1)} us a dispatch, ${ms(roof.roundTrip)} ms from submit to done`;
    return [
      ["roofs", `${arithmetic}; ${memory}`],
      ["overheads", one],
    ];
  });
}

/** Shares of the roof that the large convolutions reach. */
function layers(rows: readonly Row[]): Finding[] {
  const [roof] = ofKind(rows, "roof");
  const heavy = (row: KernelRow): boolean => (row.flops ?? 0) > 1e9 && row.error === undefined;
  if (!roof) return [];
  return ofKind(rows, "kernel")
    .filter(heavy)
    .flatMap(({ name, elem, flops = 0, bytes = 0, gpu, wall }): Finding[] => {
      const time = (gpu ?? wall)?.median;
      if (time === undefined) return [];
      const share = 100 * shareOfRoof(roof, flops, bytes, time);
      const rate = `${speed(flops / time / 1e6)}, ${ms(time)} ms`;
      return [[`${name} ${elem}`, `${share.toFixed(0)} % of the f32 roof, ${rate}`]];
    });
}

function pictures(models: readonly ModelRow[]): Finding[] {
  return models.flatMap(({ size, elem, picture, total, stages, cold, error }): Finding[] => {
    if (error !== undefined || !total || !stages) return [];
    const networks = stages.embedder.median + stages.colorizer.median;
    const megapixels = ((picture[0] * picture[1]) / 1e6).toFixed(1);
    const first = cold === undefined ? "" : `, cold ${ms(cold)} ms`;
    const what = `${megapixels} megapixels, working size ${size}, ${elem}`;
    return [[what, `${ms(total.median)} ms warm, of which networks ${ms(networks)} ms${first}`]];
  });
}

/** Times of both networks together, of each contender that ran both. */
function totals(rows: readonly Row[], step: string): Finding[] {
  const done = ofKind(rows, "peer").filter((row) => row.step === step && row.wall && row.error === undefined);
  const subjects = [...new Set(done.map(({ subject }) => subject))];
  if (subjects.length < 2) return [];
  const sums = [...new Set(done.map(({ contender }) => contender))].flatMap((contender) => {
    const own = done.filter((row) => row.contender === contender);
    const sum = own.reduce((total, { wall }) => total + wall!.median, 0);
    return own.length === subjects.length ? [`${contender} ${ms(sum)}`] : [];
  });
  return [[`${subjects.join(" + ")}, ms`, sums.join(", ")]];
}

/** Ratios for both networks together, of each peer to ours. */
function ratios(rows: readonly Row[], step: string): Finding[] {
  const own = rows.filter((row) => row.step === step);
  return combinedRatios(own)
    .filter(({ key }) => !key.endsWith(" cpu"))
    .map(({ key, ratio }): Finding => {
      const [, , ours, peer] = key.split(" / ");
      return [`both networks, ${peer}`, `${ratio.toFixed(2)} times as long as ${ours}`];
    });
}

function endurance({ elem, samples, wall, error }: EnduranceRow): Finding {
  const last = samples.at(-1);
  const per = wall ? `, ${ms(wall.median)} ms each` : "";
  const flat = error ?? (samples.length > 1 ? "memory flat" : "too few to say");
  return [`${last?.pictures ?? 0} pictures in a row, ${elem}`, `${flat}${per}`];
}

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
