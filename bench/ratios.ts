/** Ratios of peers' times to ours, within one run. */
import type { PeerRow, Row } from "./rows";
import { median, noiseOf } from "./statistics";

export interface Ratio {
  /** "where / subject / ours / peer": identifies the comparison, for people and as a key. */
  readonly key: string;
  readonly adapter: string;
  /** The peer's time divided by ours; median over pairs of neighbouring repeats. */
  readonly ratio: number;
  /** Standard error of ln(ratio). */
  readonly noise: number;
}

/** wall: from call to result. cpu: processor time of the driver's threads, which other programs disturb less. */
type Clock = "wall" | "cpu";

/** Pairs the repeats of both in the order of measurement; entries of the shorter list are repeated. */
function pairs(ours: readonly number[], peer: readonly number[]): number[] {
  const count = Math.min(ours.length, peer.length);
  const nth = (times: readonly number[], i: number): number => times[Math.floor(((i + 0.5) * times.length) / count)]!;
  return Array.from({ length: count }, (_, i) => nth(peer, i) / nth(ours, i));
}

type Timed = PeerRow & { readonly times: readonly number[] };

function timed(rows: readonly Row[]): Timed[] {
  return rows.filter(
    (row): row is Timed => row.kind === "peer" && row.error === undefined && (row.times?.length ?? 0) > 0,
  );
}

/** Every f32 and f16 engine row against every peer of the same subject, place and adapter, where that clock ran. */
export function ratiosOf(rows: readonly Row[], clock: Clock = "wall"): Ratio[] {
  const all = timed(rows);
  const timesOf = (row: Timed): readonly number[] => (clock === "wall" ? row.times : (row.cpuTimes ?? []));
  const fits = (own: Timed, peer: Timed): boolean =>
    !peer.ours && peer.subject === own.subject && peer.where === own.where && peer.adapter === own.adapter;
  const compare = (own: Timed, peer: Timed): Ratio[] => {
    const values = pairs(timesOf(own), timesOf(peer));
    if (!values.every((value) => Number.isFinite(value) && value > 0) || values.length === 0) return [];
    const key = [own.where, own.subject, own.contender, peer.contender].join(" / ");
    return [{ key, adapter: own.adapter, ratio: median(values), noise: noiseOf(values) }];
  };
  return all
    .filter(({ ours }) => ours)
    .flatMap((own) => all.filter((peer) => fits(own, peer)).flatMap((peer) => compare(own, peer)));
}

/**
 * Ratios for both networks together: the peer's sum of medians divided by ours, where both contenders ran embedder and
 * colorizer. Key "where / embedder 299x299 + colorizer 256x256 / ours / peer".
 */
export function combinedRatios(rows: readonly Row[]): Pick<Ratio, "key" | "adapter" | "ratio">[] {
  const all = timed(rows);
  const find = (like: PeerRow, network: string, contender: string): PeerRow | undefined =>
    all.find(
      (row) =>
        row.subject.startsWith(network) &&
        row.contender === contender &&
        row.where === like.where &&
        row.adapter === like.adapter,
    );
  return all
    .filter(({ ours, subject }) => ours && subject.startsWith("embedder"))
    .flatMap((own) => {
      const second = find(own, "colorizer", own.contender);
      if (!second) return [];
      const peers = all.filter(
        (row) => !row.ours && row.subject === own.subject && row.where === own.where && row.adapter === own.adapter,
      );
      return peers.flatMap((peer) => {
        const other = find(peer, "colorizer", peer.contender);
        if (!other || other.subject !== second.subject) return [];
        const sum = (a: PeerRow, b: PeerRow): number => a.wall!.median + b.wall!.median;
        const key = [own.where, `${own.subject} + ${second.subject}`, own.contender, peer.contender].join(" / ");
        return [{ key, adapter: own.adapter, ratio: sum(peer, other) / sum(own, second) }];
      });
    });
}
