/**
 * The Frechet distance between photographs and their coloured versions (Heusel et al. 2017, "GANs trained by a two time-scale
 * update rule"), on the pooled features of ResNet50 instead of Inception-v3: numbers of other features do not compare.
 */
import { readFile } from "node:fs/promises";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { basename } from "node:path";
import { InputError, messageOf } from "../../src/base/errors";
import { Session } from "../../src/session/session";
import type { Pixels } from "../../src/node/images";
import { resizePicture } from "./pictures";

/** Side of the network's picture in pixels; photographs are stretched to it. */
const SIDE = 224;
/** The input of Keras's ResNet50 is B, G, R (0 to 255) minus these means of ImageNet. */
const MEAN_BGR = [103.939, 116.779, 123.68] as const;

/** Computes pooled features of pictures. */
export class FeatureNetwork {
  readonly #session: Session;
  readonly #input: string;
  readonly #output: string;

  private constructor(session: Session) {
    this.#session = session;
    this.#input = session.inputs[0]!.name;
    this.#output = session.outputs[0]!.name;
  }

  /** An ONNX file [1, 3, H, W] -> [1, N]. Throws InputError where it cannot be read or has other inputs. */
  static async open(path: string, device: GPUDevice): Promise<FeatureNetwork> {
    const bytes = await readFile(path).catch((cause: unknown) => {
      const received = messageOf(cause);
      throw new InputError({ where: "--features", expected: "an ONNX file", received, hint: "Check the path.", cause });
    });
    const session = await Session.load(bytes, { device, precision: "f32", label: basename(path), keep: 1 });
    if (session.inputs.length === 1 && session.outputs.length === 1) return new FeatureNetwork(session);
    session.dispose();
    throw new InputError({
      where: `--features ${path}`,
      expected: "a network with one input and one output",
      received: `${session.inputs.length} and ${session.outputs.length}`,
      hint: "docs/evaluate.md says how to make the file.",
    });
  }

  async features(picture: Pixels): Promise<Float64Array> {
    const { data } = await resizePicture(picture, { width: SIDE, height: SIDE });
    const plane = SIDE * SIDE;
    const image = new Float32Array(3 * plane);
    for (let i = 0; i < plane; i++)
      for (let c = 0; c < 3; c++) image[c * plane + i] = data[4 * i + 2 - c]! - MEAN_BGR[c]!;
    const outputs = await this.#session.run({ [this.#input]: { data: image, shape: [1, 3, SIDE, SIDE] } });
    return Float64Array.from(outputs[this.#output]!.data as Float32Array);
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/**
 * |mean x - mean y|^2 + tr(Cx + Cy - 2 (Cx Cy)^(1/2)) of two sets of features, one row a picture; at least two rows each.
 *
 * With X and Y the centred rows over sqrt(rows - 1), Cx = X'X and Cy = Y'Y, and the eigenvalues of Cx Cy other than zero are the
 * squared singular values of X Y': a matrix of pictures by pictures, however many features there are.
 */
export function frechetDistance(x: readonly Float64Array[], y: readonly Float64Array[]): number {
  const [first, second] = [centred(x), centred(y)];
  const between = first.mean.reduce((sum, value, i) => sum + (value - second.mean[i]!) ** 2, 0);
  const products = first.rows.mmul(second.rows.transpose());
  const { diagonal } = new SingularValueDecomposition(products, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  const root = diagonal.reduce((sum, value) => sum + value, 0);
  return between + squaredNorm(first.rows) + squaredNorm(second.rows) - 2 * root;
}

function centred(features: readonly Float64Array[]): { mean: number[]; rows: Matrix } {
  const rows = new Matrix(features.map((row) => [...row]));
  const mean = rows.mean("column");
  return { mean, rows: rows.subRowVector(mean).div(Math.sqrt(features.length - 1)) };
}

/** The sum of squares of all elements. */
function squaredNorm(rows: Matrix): number {
  return rows.norm("frobenius") ** 2;
}
