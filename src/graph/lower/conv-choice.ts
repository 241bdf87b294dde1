/** Chooses the algorithm of each convolution: by measurements on this device, else on adapters of its kind, else by rule. */
import type { ConvAlgorithm, ConvDevice } from "../../kernels/conv/algorithm";
import { Turns } from "../../base/turns";
import { convChoices, convKey, DEFAULT_CHOICE, planConvolution, type ConvChoice } from "../../kernels/conv/algorithms";
import type { Conv2dParams } from "../../kernels/conv/params";
import { ruleChoices } from "./conv-rules";
import { CONV_TABLE } from "./conv-table";

/**
 * Times of one shape by choice, each divided by the time of DEFAULT_CHOICE. null: the choice gives wrong numbers or fails
 * to run, and is never used.
 */
export type Scores = Readonly<Record<ConvChoice, number | null>>;

/** Results of tuning: scores by shapeKey(), as plain data for JSON. */
export type Measured = Readonly<Record<string, Scores>>;

/** Whether choices compute what they should on a device, by ConvChoices.shadersOf(); null where one failed to run, which is not stored. */
export type Checked = Readonly<Record<string, boolean | null>>;

/** A choice of a program. */
export interface UsedChoice {
  readonly params: Conv2dParams;
  readonly choice: ConvChoice;
  /** See ConvChoices.shadersOf(). */
  readonly shaders: string;
}

/** A choice replaces the default where it takes less than this share of its time; 5 % is noise. */
const WINNING_SCORE = 0.95;

/** A measured shape also applies to shapes with up to this factor more or fewer pixels. */
const NEAR = 2;

/** The convolution with whole buffers as src and dst, without slices. */
export function unsliced(params: Conv2dParams): Conv2dParams {
  return { ...params, slice: undefined, srcSlice: undefined };
}

/** "family@output pixels". Leaves out the image's aspect ratio and padding, which hardly affect times. */
export function shapeKey(params: Conv2dParams): string {
  const size = { batch: 0, inHeight: 0, inWidth: 0, outHeight: 0, outWidth: 0, padTop: 0, padLeft: 0 };
  return `${convKey({ ...unsliced(params), ...size })}@${params.batch * params.outHeight * params.outWidth}`;
}

/** The key of this shape among `entries`, else the key of its family that is nearest in pixels. */
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

/** The fields of GPUAdapterInfo that matter here. */
type AdapterFacts = Partial<
  Pick<GPUAdapterInfo, "vendor" | "architecture" | "device" | "description" | "isFallbackAdapter">
>;

/** Kind "cpu" is a software driver. `row` is the adapter's row of the shipped table. */
export function adapterClass(info: AdapterFacts): { readonly kind: "cpu" | "gpu"; readonly row: string } {
  const words = [info.vendor, info.architecture, info.device, info.description].join(" ").toLowerCase();
  const driver = /swiftshader|llvmpipe|basic render/.exec(words)?.[0];
  if (driver ?? info.isFallbackAdapter) return { kind: "cpu", row: driver ?? "cpu" };
  return { kind: "gpu", row: [info.vendor, info.architecture].filter(Boolean).join(" ") || "gpu" };
}

/** Chooses algorithms on one device; the sessions on it share one instance. */
export class ConvChoices {
  readonly kind: "cpu" | "gpu";
  readonly row: string;
  readonly device: ConvDevice;
  /** Convolutions of the programs made so far, by shapeKey(): parameters, number of places, and the choice last used. */
  readonly seen = new Map<string, { readonly params: Conv2dParams; count: number; choice: ConvChoice }>();
  /** Scores measured on this device. Never changed in place. */
  measured: Measured = {};
  /** Called with all results of checks, to store them. */
  onChecked: (checked: Checked) => unknown = () => undefined;
  /** Programs are checked one after another, so that each shader is checked once. */
  readonly checking = new Turns();
  #checked: Checked = {};
  /** Choices of programs made so far that were not checked, by shadersOf(). */
  readonly #unchecked = new Map<string, UsedChoice>();
  /** Choices that this device computes wrong or fails to run, and that would have been used. */
  readonly #avoided = new Set<ConvChoice>();
  /** Sessions await this before they compile, so that stored measurements are used. Must not reject. */
  ready: Promise<unknown> = Promise.resolve();
  readonly #algorithms: readonly ConvAlgorithm[];

  constructor(
    { adapterInfo, features, limits }: Pick<GPUDevice, "adapterInfo" | "features" | "limits">,
    algorithms: readonly ConvAlgorithm[],
  ) {
    this.#algorithms = algorithms;
    ({ kind: this.kind, row: this.row } = adapterClass(adapterInfo));
    const { subgroupMinSize } = adapterInfo;
    const software = this.kind === "cpu";
    this.device = { features, workgroupBytes: limits.maxComputeWorkgroupStorageSize, subgroupMinSize, software };
  }

  /** Every choice that computes this convolution on the device. */
  admissible(params: Conv2dParams): ConvChoice[] {
    return convChoices(this.#algorithms, params, this.device).filter((choice) => !this.#isOut(params, choice));
  }

  /** Whether a check found that the choice computes wrong numbers or fails to run. */
  #isOut(params: Conv2dParams, choice: ConvChoice): boolean {
    if (choice === DEFAULT_CHOICE || Object.values(this.#checked).every(Boolean)) return false;
    const right = this.#checked[this.shadersOf(params, choice)];
    if (right || right === undefined) return false;
    this.#avoided.add(choice);
    return true;
  }

  /** Identifies the shaders that a choice runs: convolutions with the same ones differ in sizes alone, which shaders are given. */
  shadersOf(params: Conv2dParams, choice: ConvChoice): string {
    const { steps } = planConvolution(this.#algorithms, unsliced(params), choice);
    const texts = steps.map(({ kernel, plan: { constants, flags } }) => JSON.stringify([kernel, constants, flags]));
    return [choice, ...new Set(texts)].join(" ");
  }

  /** Choices of record() that were not checked on this device. */
  unchecked(): readonly UsedChoice[] {
    return [...this.#unchecked.values()];
  }

  /** Takes results of checks: choices that are wrong or failed to run are out of use from now on. */
  check(results: Checked): void {
    this.#checked = { ...this.#checked, ...results };
    for (const shaders of Object.keys(results)) this.#unchecked.delete(shaders);
    this.onChecked(this.#checked);
  }

  /** Takes over what was found out on another device of the same adapter. */
  adopt(other: ConvChoices): void {
    this.measured = other.measured;
    this.#checked = other.#checked;
  }

  /** What users of the results should know. */
  get notes(): readonly string[] {
    return [...this.#avoided].map(
      (choice) => `this GPU fails at convolutions by ${choice}: another algorithm was used`,
    );
  }

  /** The best choice for these parameters. Skips unknown and inadmissible names; never throws. */
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
    // The expected choice was measured and did not win: use the default.
    return best ?? (expected in scores ? DEFAULT_CHOICE : expected);
  };

  /** choose() for a program that will run: notes the convolution in `seen`. */
  readonly record = (params: Conv2dParams): ConvChoice => {
    const key = shapeKey(params);
    const choice = this.#used(params, this.choose(params));
    this.seen.set(key, { params, count: (this.seen.get(key)?.count ?? 0) + 1, choice });
    return choice;
  };

  /** For precision "f16-weights": weights of one or two bytes, which may be rounded, where the device computes them right. */
  readonly small: Pick<ConvChoices, "choose" | "record"> = {
    choose: (params) =>
      [...(params.int8 && !params.upsample ? ["int8/4"] : []), "half-weights/4"].find(
        (choice) => !this.#isOut(params, choice),
      ) ?? DEFAULT_CHOICE,
    record: (params) => this.#used(params, this.small.choose(params)),
  };

  /** The choice that every device supports, for a program that failed with other choices. */
  readonly recordDefault = (params: Conv2dParams): ConvChoice => this.#used(params, DEFAULT_CHOICE);

  /** Notes that a program will run the choice, which has to be checked. */
  #used(params: Conv2dParams, choice: ConvChoice): ConvChoice {
    const shaders = this.shadersOf(params, choice);
    if (!(shaders in this.#checked)) this.#unchecked.set(shaders, { params: unsliced(params), choice, shaders });
    return choice;
  }
}
