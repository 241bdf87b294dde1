/** The most important figures of a run, as lines of text: what the pack prints, the page shows and the documentation keeps. */
import { combinedRatios } from "../ratios";
import { shareOfRoof } from "../roof-share";
import type { EnduranceRow, KernelRow, ModelRow, PeerRow, Row, TestRow } from "../rows";
import { ms } from "../table";

/** Lines of "what: how much". */
export type Line = readonly [what: string, found: string];

export const ofKind = <K extends Row["kind"]>(rows: readonly Row[], kind: K): Extract<Row, { kind: K }>[] =>
  rows.filter((row): row is Extract<Row, { kind: K }> => row.kind === kind);

const speed = (gflops: number): string =>
  gflops >= 1000 ? `${(gflops / 1000).toFixed(2)} TFLOP/s` : `${gflops.toFixed(1)} GFLOP/s`;

/** At least three digits. */
const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** The most important figures. */
export function findings(rows: readonly Row[]): Line[] {
  const found: (Line | false)[] = [
    testCounts(ofKind(rows, "test")),
    ...differences(ofKind(rows, "peer")),
    ...roofs(rows),
    ...layers(rows),
    ...pictures(ofKind(rows, "model")),
    ...ofKind(rows, "profile").flatMap(({ subject, elem, steps, pipelines }): Line[] => {
      const time = steps?.reduce((total, { milliseconds }) => total + milliseconds, 0);
      const counts = `${steps?.length} dispatches, ${pipelines} pipelines, ${ms(time)} ms of the GPU`;
      return steps ? [[`${subject} ${elem}`, counts]] : [];
    }),
    // Runs without steps compare all peers at once.
    ...["peers", "what the tuner wins", undefined].flatMap((step) => [...totals(rows, step), ...ratios(rows, step)]),
    ...ofKind(rows, "endurance").map(endurance),
  ];
  return found.filter((line) => line !== false);
}

function testCounts(tests: readonly TestRow[]): Line | false {
  const count = (wanted: TestRow["state"]): number => tests.filter(({ state }) => state === wanted).length;
  const counts = (["passed", "failed", "skipped"] as const).map((state) => `${count(state)} ${state}`);
  return tests.length > 0 && ["tests against references", counts.join(", ")];
}

/** The largest difference of each storage type, and the contenders that were refused. */
function differences(peers: readonly PeerRow[]): Line[] {
  const own = peers.filter(
    ({ ours, difference, reference, contender }) => ours && difference !== undefined && reference !== contender,
  );
  return (["f32", "f16"] as const).flatMap((elem): Line[] => {
    const typed = own.filter((row) => row.elem === elem);
    if (typed.length === 0) return [];
    const worst = typed.reduce((a, b) => (b.difference! > a.difference! ? b : a));
    const allowed = worst.difference! <= worst.allowed! ? "allowed" : "TOO LARGE, allowed";
    const of = `${worst.subject}, from ${worst.reference}`;
    const figures = `${worst.difference!.toExponential(1)} of the range (${allowed} ${worst.allowed}): ${of}`;
    return [[`largest difference of networks, ${elem}`, figures]];
  });
}

function roofs(rows: readonly Row[]): Line[] {
  return ofKind(rows, "roof").flatMap((roof): Line[] => {
    const half = roof.halfGflops ? `, ${speed(roof.halfGflops)} f16` : "";
    const arithmetic = `${speed(roof.gflops)} f32${half}`;
    const memory = `${short(roof.gbytes)} GB/s, ${short(roof.cachedGbytes)} GB/s of 8 MiB`;
    const found: Line = ["roofs", `${arithmetic}; ${memory}`];
    if (roof.dispatch === undefined) return [found];
    const one = `${roof.dispatch.toFixed(1)} us a dispatch, ${ms(roof.roundTrip)} ms from submit to done`;
    return [found, ["overheads", one]];
  });
}

/** Shares of the roofs that the large convolutions and the picture kernels reach. */
function layers(rows: readonly Row[]): Line[] {
  const [roof] = ofKind(rows, "roof");
  const isPicture = ({ name }: KernelRow): boolean => name.startsWith("picture/");
  const heavy = (row: KernelRow): boolean => ((row.flops ?? 0) > 1e9 || isPicture(row)) && row.error === undefined;
  if (!roof) return [];
  return ofKind(rows, "kernel")
    .filter(heavy)
    .flatMap((row): Line[] => {
      const { name, elem, flops = 0, bytes = 0, gpu, wall } = row;
      const time = (gpu ?? wall)?.median;
      if (time === undefined) return [];
      if (isPicture(row)) {
        const percent = (100 * shareOfRoof(roof, 0, bytes, time)).toFixed(0);
        return [[name, `${percent} % of the memory roof, ${short(bytes / time / 1e6)} GB/s, ${ms(time)} ms`]];
      }
      const share = 100 * shareOfRoof(roof, flops, bytes, time);
      const rate = `${speed(flops / time / 1e6)}, ${ms(time)} ms`;
      return [[`${name} ${elem}`, `${share.toFixed(0)} % of the f32 roof, ${rate}`]];
    });
}

function pictures(models: readonly ModelRow[]): Line[] {
  return models.flatMap(({ size, elem, picture, total, stages, cold, error }): Line[] => {
    if (error !== undefined || !total || !stages) return [];
    const networks = stages.embedder.median + stages.colorizer.median;
    const megapixels = ((picture[0] * picture[1]) / 1e6).toFixed(1);
    const first = cold === undefined ? "" : `, cold ${ms(cold)} ms`;
    const what = `${megapixels} megapixels, working size ${size}, ${elem}`;
    return [[what, `${ms(total.median)} ms warm, of which networks ${ms(networks)} ms${first}`]];
  });
}

/** Times of both networks together, of each contender that ran both. */
function totals(rows: readonly Row[], step: string | undefined): Line[] {
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
function ratios(rows: readonly Row[], step: string | undefined): Line[] {
  const own = rows.filter((row) => row.step === step);
  return combinedRatios(own)
    .filter(({ key }) => !/ (cpu|wasm)$/.test(key))
    .map(({ key, ratio }): Line => {
      const [, , ours, peer] = key.split(" / ");
      return [`both networks, ${peer}`, `${ratio.toFixed(2)} times as long as ${ours}`];
    });
}

function endurance({ elem, samples, wall, error }: EnduranceRow): Line {
  const last = samples.at(-1);
  const per = wall ? `, ${ms(wall.median)} ms each` : "";
  const flat = error ?? (samples.length > 1 ? "memory flat" : "too few to say");
  return [`${last?.pictures ?? 0} pictures in a row, ${elem}`, `${flat}${per}`];
}
