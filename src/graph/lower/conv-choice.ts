/** Which way each convolution is computed: as measured here, as measured on adapters of this kind, else by rule. */
import type { ConvAlgorithm, ConvDevice } from "../../kernels/conv/algorithm";
import { convChoices, convKey, DEFAULT_CHOICE, type ConvChoice } from "../../kernels/conv/algorithms";
import type { Conv2dParams } from "../../kernels/conv/params";
import { ruleChoices } from "./conv-rules";
import { CONV_TABLE } from "./conv-table";

/**
 * Times of one shape, each divided by that of DEFAULT_CHOICE, by choice. null: gives wrong numbers or does not run,
 * and is never used.
 */
export type Scores = Readonly<Record<ConvChoice, number | null>>;

/** Scores by shapeKey(): what tuning found, plain data for JSON. */
export type Measured = Readonly<Record<string, Scores>>;

/** A choice replaces the default where it takes less than this share of its time: 5 % are noise. */
const WINNING_SCORE = 0.95;

/** A measured shape stands for others of up to this factor more or fewer pixels. */
const NEAR = 2;

/** The convolution alone, out of and into buffers of its own. */
export function unsliced(params: Conv2dParams): Conv2dParams {
  return { ...params, slice: undefined, srcSlice: undefined };
}

/** Names a shape without its image's proportions and padding, which hardly matter: "family@output pixels". */
export function shapeKey(params: Conv2dParams): string {
  const size = { batch: 0, inHeight: 0, inWidth: 0, outHeight: 0, outWidth: 0, padTop: 0, padLeft: 0 };
  return `${convKey({ ...unsliced(params), ...size })}@${params.batch * params.outHeight * params.outWidth}`;
}

/** The key of this shape among `entries`, else of the same family's nearest in pixels. */
export function nearestKey(entries: object, key: string): string | undefined {
  if (Object.hasOwn(entries, key)) return key;
  const [family, pixels] = key.split("@");
  let best: string | undefined;
  let distance = Math.log(NEAR) + 1e-9;
  for (const other of Object.keys(entries)) {
    const [name, count] = other.split("@");
    const apart = Math.abs(Math.log(Number(count) / Number(pixels)));
    if (name === family && apart < distance) [best, distance] = [other, apart];
  }
  return best;
}

function nearest<T>(entries: Readonly<Record<string, T>>, key: string): T | undefined {
  const found = nearestKey(entries, key);
  return found === undefined ? undefined : entries[found];
}

/** What of an adapter's info is looked at. */
type AdapterFacts = Partial<
  Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description" | "isFallbackAdapter">
>;

/** cpu: a driver in software. `row` names the adapter's row of the shipped table. */
export function adapterClass(info: AdapterFacts): { readonly kind: "cpu" | "gpu"; readonly row: string } {
  const words = [info.vendor, info.architecture, info.device, info.description].join(" ").toLowerCase();
  const driver = /swiftshader|llvmpipe|basic render/.exec(words)?.[0];
  if (driver ?? info.isFallbackAdapter) return { kind: "cpu", row: driver ?? "cpu" };
  return { kind: "gpu", row: [info.vendor, info.architecture].filter(Boolean).join(" ") || "gpu" };
}

/** The choices of one device, to share between the sessions on it. */
export class ConvChoices {
  readonly kind: "cpu" | "gpu";
  readonly row: string;
  readonly device: ConvDevice;
  /** What programs were made of, by shapeKey(): the parameters, in how many places, and how the last one was computed. */
  readonly seen = new Map<string, { readonly params: Conv2dParams; count: number; choice: ConvChoice }>();
  /** Replaced as a whole. */
  measured: Measured = {};
  /** Programs are made when this has resolved: what was measured earlier is on its way. Must not reject. */
  ready: Promise<unknown> = Promise.resolve();
  readonly #algorithms: readonly ConvAlgorithm[];

  constructor(
    { adapterInfo, features, limits }: Pick<GPUDevice, "adapterInfo" | "features" | "limits">,
    algorithms: readonly ConvAlgorithm[],
  ) {
    this.#algorithms = algorithms;
    ({ kind: this.kind, row: this.row } = adapterClass(adapterInfo));
    const { subgroupMinSize } = adapterInfo;
    this.device = { features, workgroupBytes: limits.maxComputeWorkgroupStorageSize, subgroupMinSize };
  }

  /** Every choice that computes this convolution on the device. */
  admissible(params: Conv2dParams): ConvChoice[] {
    return convChoices(this.#algorithms, params, this.device);
  }

  /** Never throws: names that are unknown, or not admissible for these parameters, are passed over. */
  readonly choose = (params: Conv2dParams): ConvChoice => {
    const key = shapeKey(params);
    const admissible = this.admissible(params);
    const expected =
      [nearest(CONV_TABLE[this.row] ?? {}, key), ...ruleChoices(params, this.row)].find(
        (choice) => choice !== undefined && admissible.includes(choice),
      ) ?? DEFAULT_CHOICE;
    const scores = nearest(this.measured, key) ?? {};
    let best: ConvChoice | undefined;
    let lowest = WINNING_SCORE;
    for (const choice of admissible) {
      const score = scores[choice];
      if (typeof score === "number" && score < lowest) [best, lowest] = [choice, score];
    }
    // What was expected to win and did not leaves the default.
    return best ?? (expected in scores ? DEFAULT_CHOICE : expected);
  };

  /** Like choose(), for a program that is going to run. */
  readonly record = (params: Conv2dParams): ConvChoice => {
    const key = shapeKey(params);
    const choice = this.choose(params);
    this.seen.set(key, { params, count: (this.seen.get(key)?.count ?? 0) + 1, choice });
    return choice;
  };
}

const chooseSmall = ({ int8, upsample }: Conv2dParams): ConvChoice => (int8 && !upsample ? "int8/4" : "half-weights/4");

/** One or two bytes a weight, at the price of rounding. */
export const SMALL: Pick<ConvChoices, "choose" | "record"> = { choose: chooseSmall, record: chooseSmall };

/** The way that works everywhere. */
export const chooseDefault = (): ConvChoice => DEFAULT_CHOICE;
