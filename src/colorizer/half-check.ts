/** Compares what a model predicts in f16 and in f32: see docs/decisions/f16-overflow.md. */
import { EngineError } from "../base/errors";
import type { PictureStages } from "../image/picture-stages";
import { openSource, type RawImage } from "../image/source";
import type { KeptChroma } from "../image/chroma";
import { lossAfterError } from "../gpu/device-loss";
import { loadedElements } from "../gpu/storage";
import { elemBytes } from "../kernels/kernel";
import { browserStore, inTime, readVerdicts, tuningKey, type TuningStore } from "../tuning/store";
import { workingSizeOf } from "./network-inputs";
import type { Networks } from "./networks";
import { startPrediction } from "./predict";

/** Side of the picture in pixels. */
const SIDE = 64;
/** Rounding makes differences of up to a few percent of the root mean square; an overflow makes them as large as the colours. */
const MOST = 0.1;

/** Whether networks in f16 predict nearly the same colours as the same ones in f32. Throws what the prediction in f32 throws. */
export async function halfSuffices(half: Networks, full: Networks, stages: PictureStages): Promise<boolean> {
  const expected = await predicted(full, stages);
  const actual = await predicted(half, stages).catch(async (error: unknown) => {
    const lost = (await lossAfterError(half.device)).reason !== undefined;
    if (lost || !(error instanceof EngineError)) throw error;
    return undefined; // numbers that are not finite
  });
  if (!actual) return false;
  let [apart, power] = [0, 0];
  expected.forEach((value, i) => {
    apart += (value - actual[i]!) ** 2;
    power += value ** 2;
  });
  return Math.sqrt(apart) <= MOST * Math.sqrt(power) + 1e-3 * Math.sqrt(expected.length);
}

async function predicted(networks: Networks, stages: PictureStages): Promise<Float32Array> {
  const { multiple, pixels } = networks.manifest.colorizer.size;
  const size = Math.min(pixels, Math.max(SIDE, multiple));
  const source = await openSource(PICTURE);
  try {
    const bound = await networks.bind(workingSizeOf(networks.manifest, PICTURE, size));
    const { reading } = await startPrediction(networks, stages, bound, source);
    return elementsOf(await reading);
  } finally {
    source.close();
  }
}

function elementsOf({ bytes, elem }: KeptChroma): Float32Array {
  return loadedElements(bytes.buffer, bytes.length / elemBytes(elem), elem);
}

/** Waves of all lengths, a black and a white square: most features of a network react to some of it. */
const PICTURE: RawImage = (() => {
  const data = new Uint8Array(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const wave = 128 + 90 * Math.sin((x * x) / 40) * Math.cos((y * y) / 70) + 37 * Math.sin((x + y) / 5);
      const square = x < 12 && y < 24 ? (y < 12 ? 0 : 255) : wave;
      data.fill(square, (y * SIDE + x) * 4, (y * SIDE + x) * 4 + 3);
      data[(y * SIDE + x) * 4 + 3] = 255;
    }
  return { data, width: SIDE, height: SIDE };
})();

/** Whether a model suffices in f16 on this device, as an earlier session found. `model`: the hashes of its files. Never throws. */
export async function readVerdict(
  device: GPUDevice,
  model: string,
  store = browserStore(),
): Promise<boolean | undefined> {
  return (await verdictsOf(device, store))[model];
}

/** Stores what readVerdict() reads. Never throws. */
export async function writeVerdict(
  device: GPUDevice,
  model: string,
  suffices: boolean,
  store = browserStore(),
): Promise<void> {
  const verdicts = { ...(await verdictsOf(device, store)), [model]: suffices };
  await store?.write(keyOf(device), verdicts).catch(() => undefined);
}

async function verdictsOf(device: GPUDevice, store: TuningStore | undefined): Promise<Record<string, boolean>> {
  return readVerdicts(await inTime(store?.read(keyOf(device)).catch(() => undefined)));
}

function keyOf(device: GPUDevice): string {
  return `${tuningKey(device)} | f16`;
}
