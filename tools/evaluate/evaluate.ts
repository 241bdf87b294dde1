/** Runs the evaluation: colours every photograph by every method, and collects figures and small pictures. */
import { DeviceError, EngineError, ImageError } from "../../src/base/errors";
import type { Pixels } from "../../src/node/images";
import { frechetDistance, type FeatureNetwork } from "./frechet";
import type { Embedding, Method, Photograph } from "./method";
import { colourfulness, greyOf, score, scoreChroma, truthOf } from "./metrics";
import { mixed, setsOf, type PictureFiles } from "./photographs";
import { decodePicture, resizePicture, shrunkSize, stripOf } from "./pictures";
import type { Failure } from "./report";
import type { Row } from "./summary";

export interface EvaluateOptions {
  /** Photographs are shrunk to this many pixels on the short side. */
  readonly shortSide: number;
  /** Whether to keep small pictures of every photograph. */
  readonly strips: boolean;
  /** Whether to measure with the embeddings of other photographs, too. */
  readonly shuffle: boolean;
  /** The network whose features give the Frechet distance; without it, the distance is not measured. */
  readonly features?: FeatureNetwork;
  readonly signal: AbortSignal;
  readonly onPhotograph: (name: string, done: number, failed: number) => void;
}

export interface EvaluateResult {
  /** In the order of the names. */
  readonly rows: readonly Row[];
  readonly failures: readonly Failure[];
  readonly strips: ReadonlyMap<string, Buffer>;
  /** Frechet distances by method, "grey" among them; where features were asked for and two photographs were measured. */
  readonly frechet?: Readonly<Record<string, number>>;
}

interface MutableRow extends Row {
  readonly shuffled?: Record<string, number>;
}

/** The data of a photograph for the run with another embedding. */
interface Waiting {
  readonly row: MutableRow;
  readonly photograph: Photograph;
  readonly embeddings: ReadonlyMap<Method, Embedding>;
}

/** A method's result for a photograph. Its errors name the method. */
async function coloured(method: Method, photograph: Photograph): ReturnType<Method["colorize"]> {
  try {
    return await method.colorize(photograph);
  } catch (error) {
    if (!(error instanceof EngineError) || error instanceof DeviceError) throw error;
    throw new ImageError({ ...error, where: `${method.name}: ${error.where}`, cause: error });
  }
}

/**
 * Measures the methods on `names` of `files`. An unreadable photograph, or one that a method fails on, is listed and left out
 * of all figures. Throws DeviceErrors, the signal's reason, and errors that are not EngineErrors.
 */
export async function evaluate(
  files: PictureFiles,
  names: readonly string[],
  methods: readonly Method[],
  options: EvaluateOptions,
): Promise<EvaluateResult> {
  const { shortSide, signal, onPhotograph } = options;
  const rows = new Map<string, Row>();
  const failures = new Map<string, Failure>();
  const strips = new Map<string, Buffer>();
  /** One row a photograph, by method; "truth" for the photographs themselves. */
  const features = new Map<string, Float64Array[]>();
  const sets = setsOf(files.names);
  const able = options.shuffle ? methods.filter((method) => method.colorizeWith) : [];
  let first: Waiting | undefined;
  let last: Waiting | undefined;

  const measure = async (name: string): Promise<void> => {
    const original = await decodePicture(await files.read(name), `${files.source}: ${name}`);
    const truth = truthOf(await resizePicture(original, shrunkSize(original, shortSide)));
    const { width, height } = truth.pixels;
    const photograph = { name, grey: greyOf(truth.pixels), truth, original };
    const grey = score(truth, photograph.grey);
    const results = new Map<Method, Awaited<ReturnType<Method["colorize"]>>>();
    for (const method of methods) results.set(method, await coloured(method, photograph));
    const scores = [...results].map(([method, { picture }]) => [method.name, score(truth, picture)] as const);
    const row: MutableRow = {
      name,
      set: sets.get(name)!,
      width,
      height,
      truth: colourfulness(truth.pixels),
      grey,
      methods: Object.fromEntries(scores),
      ...(able.length > 0 && { shuffled: {} }),
    };
    if (options.strips) {
      const pictures = [...results.values()].map(({ picture }) => picture);
      strips.set(name, await stripOf([photograph.grey, ...pictures, truth.pixels]));
    }
    if (options.features) {
      const pictures = [...results].map(([method, { picture }]): [string, Pixels] => [method.name, picture]);
      const all: [string, Pixels][] = [["truth", truth.pixels], ["grey", photograph.grey], ...pictures];
      for (const [of, picture] of all)
        features.set(of, [...(features.get(of) ?? []), await options.features.features(picture)]);
    }
    const embeddings = new Map(able.map((method) => [method, results.get(method)!.embedding!]));
    const waiting = { row, photograph, embeddings };
    if (able.length > 0 && last) await exchange(able, last, waiting);
    [first, last] = [first ?? waiting, waiting];
    rows.set(name, row);
  };

  for (const name of able.length > 0 ? mixed(names) : names) {
    signal.throwIfAborted();
    onPhotograph(name, rows.size, failures.size);
    try {
      await measure(name);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof EngineError) || error instanceof DeviceError) throw error;
      failures.set(name, { name, message: error.message });
    }
  }
  if (first && last && first !== last) await exchange(able, last, first);
  onPhotograph("", rows.size, failures.size);
  const inOrder = <T>(map: ReadonlyMap<string, T>): T[] => names.flatMap((name) => map.get(name) ?? []);
  const common = { rows: inOrder(rows), failures: inOrder(failures), strips };
  const { truth, ...others } = Object.fromEntries(features);
  if (!truth || truth.length < 2) return common;
  const distances = Object.entries(others).map(([of, list]) => [of, frechetDistance(truth, list)] as const);
  return { ...common, frechet: Object.fromEntries(distances) };
}

/** Measures `own` with the embedding of `next`. */
async function exchange(methods: readonly Method[], own: Waiting, next: Waiting): Promise<void> {
  for (const method of methods) {
    const picture = await method.colorizeWith!(own.photograph, next.embeddings.get(method)!);
    own.row.shuffled![method.name] = scoreChroma(own.photograph.truth, picture);
  }
}
