/** Suite "peers": interleaves all contenders on one subject; compares their outputs before timing them. */
import { maxError } from "../test/shared/expect-close";
import type { Contender, Prepared } from "./contenders";
import type { Environment } from "./environment";
import { interleave, repeatsWithin } from "./interleave";
import type { Elem } from "../src/kernels/kernel";
import { NO_TIME, over, type UnplacedRow, type Job, type Limits } from "./rows";
import { spreadOf } from "./statistics";
import { subjectCase, type SubjectCase } from "./subjects";

type UnplacedPeer = Extract<UnplacedRow, { kind: "peer" }>;

/** Largest error allowed, as a share of the range of the reference's output. */
const ALLOWED: Readonly<Record<Elem, number>> = { f32: 1e-3, f16: 2e-2 };

interface Entrant {
  readonly contender: Contender;
  readonly prepared: Prepared;
  readonly first: Float32Array;
  row: UnplacedPeer;
}

export async function benchPeers(
  env: Environment,
  job: Extract<Job, { suite: "peers" }>,
  limits: Limits,
): Promise<void> {
  const subject = await subjectCase(job.subject, (path) => env.read(path));
  const skip = new Set(limits.exclude);
  const wanted = (contender: Contender): boolean =>
    (job.contenders.length === 0 || contender.ours || job.contenders.some((part) => contender.name.includes(part))) &&
    job.elems.includes(contender.elem) &&
    (!contender.tuned || job.tuned === true) &&
    !skip.has(contender.name) &&
    (contender.takes?.(subject) ?? true);
  const rows = new Map<string, UnplacedPeer>();
  const entrants: Entrant[] = [];
  for (const contender of env.contenders.filter(wanted)) {
    const row = rowOf(contender, subject);
    if (over(limits)) {
      rows.set(contender.name, { ...row, error: NO_TIME });
      continue;
    }
    const alive = (): Promise<void> => env.begin(contender.name, { ...row, error: "" });
    await alive();
    try {
      entrants.push(await enter(contender, subject, !job.tuned || contender.tuned ? limits.tune : 0, alive));
    } catch (error) {
      rows.set(contender.name, { ...row, error: String(error) });
    }
  }
  // The first contender that ran is the reference: onnxruntime on the processor, unless it failed.
  const reference = entrants[0];
  const turns = [];
  for (const entrant of entrants) {
    const { contender, prepared } = entrant;
    entrant.row = compared(entrant, reference!);
    rows.set(contender.name, entrant.row);
    await env.draft(contender.name, [entrant.row]);
    if (entrant.row.error !== undefined) continue;
    const times: number[] = [];
    const cpu: number[] = [];
    await env.begin(contender.name, { ...entrant.row, error: "" });
    const start = performance.now();
    try {
      await prepared.run();
    } catch (error) {
      rows.set(contender.name, { ...entrant.row, error: String(error) });
      continue;
    }
    const repeats = repeatsWithin(limits.repeats, performance.now() - start, limits.budget);
    const run = async (): Promise<void> => {
      await env.begin(contender.name, { ...entrant.row, error: "" });
      const from = performance.now();
      const cpuFrom = env.cpuMilliseconds();
      await prepared.run();
      times.push(performance.now() - from);
      cpu.push(env.cpuMilliseconds() - cpuFrom);
      const known = spreadOf(cpu);
      const cpuTimes = known && [...cpu];
      const row = { ...entrant.row, wall: spreadOf(times), times: [...times], cpu: known, cpuTimes };
      rows.set(contender.name, row);
      await env.draft(contender.name, [row]);
    };
    turns.push({ name: contender.name, repeats, run });
  }
  const failed = (name: string, error: unknown): void =>
    void rows.set(name, { ...rows.get(name)!, error: String(error) });
  await interleave(turns, failed, () => over(limits));
  for (const { name } of env.contenders) if (rows.has(name)) await env.rows(name, [rows.get(name)!]);
  for (const { prepared } of entrants) await prepared.dispose();
}

function rowOf({ name, elem, ours }: Contender, { name: subject }: SubjectCase): UnplacedPeer {
  return { kind: "peer", subject, contender: name, elem, ours };
}

async function enter(
  contender: Contender,
  subject: SubjectCase,
  tune: number,
  alive: () => Promise<void>,
): Promise<Entrant> {
  const start = performance.now();
  const prepared = await contender.prepare(subject);
  let first = Float32Array.from(await prepared.run());
  let row: UnplacedPeer = { ...rowOf(contender, subject), cold: performance.now() - start, flops: prepared.flops };
  if (prepared.tune && tune > 0) {
    row = { ...row, tuning: await prepared.tune(tune, () => void alive()) };
    first = Float32Array.from(await prepared.run());
  }
  return { contender, prepared, first, row };
}

/** The row with its difference from the reference, and with an error when the difference is too large. */
export function compared(
  { contender, first, row }: Pick<Entrant, "contender" | "first" | "row">,
  reference: Pick<Entrant, "contender" | "first">,
): UnplacedPeer {
  const allowed = ALLOWED[contender.elem];
  if (first.length !== reference.first.length)
    return { ...row, error: `${first.length} numbers instead of ${reference.first.length}: not timed` };
  const { error, range } = maxError(first, reference.first);
  const difference = error / Math.max(range, Number.MIN_VALUE);
  const against = { ...row, reference: reference.contender.name, difference, allowed };
  if (difference <= allowed) return against;
  const says = `differs from ${reference.contender.name} by ${difference.toPrecision(2)} of its range: not timed`;
  return { ...against, error: says };
}
