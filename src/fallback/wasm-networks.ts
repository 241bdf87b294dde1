/** A model's networks on onnxruntime-web's WebAssembly provider. */
import { DeviceError, messageOf, ModelError } from "../base/errors";
import { checkNames, expectShape } from "../colorizer/network-checks";
import { described, type Network } from "../colorizer/network-inputs";
import type { ColorizerOptions } from "../colorizer/options";
import { modelAddress } from "../colorizer/shipped-models";
import { checkOutput, outputChannels } from "../image/chroma";
import type { Size } from "../base/size";
import { loadModel } from "../weights/model/files";
import type { Manifest } from "../weights/model/manifest";
import { ProgressReport } from "../weights/model/progress";
import { externalLocations } from "../weights/onnx/decode";
import type { ExternalData } from "../weights/onnx/types";
import { importOnnxruntime, type Onnxruntime, type OrtSession } from "./onnxruntime";

export interface WasmOptions extends Pick<
  ColorizerOptions,
  "model" | "preset" | "read" | "signal" | "onProgress" | "stallTimeout"
> {
  /** Address of the folder with the files of onnxruntime-web. */
  readonly fallback: string;
}

/** A tensor of f32. */
export interface Values {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** The output of the colorizer, one of each block of equal samples. */
export interface PredictedMap {
  /** [channels, map.height, map.width]. */
  readonly values: Float32Array;
  readonly map: Size;
}

export class WasmNetworks {
  readonly manifest: Manifest;
  /** Of onnxruntime-web. */
  readonly version: string;
  readonly #ort: Onnxruntime;
  readonly #sessions: Partial<Record<Network, OrtSession>>;

  private constructor(manifest: Manifest, ort: Onnxruntime, sessions: Partial<Record<Network, OrtSession>>) {
    this.manifest = manifest;
    this.version = ort.env.versions.common;
    this.#ort = ort;
    this.#sessions = sessions;
  }

  /** Throws DownloadError, ManifestError, ModelError, InputError or the signal's reason. */
  static async load({ fallback, model, onProgress, ...options }: WasmOptions): Promise<WasmNetworks> {
    const progress = new ProgressReport(onProgress);
    const ort = await importOnnxruntime(fallback);
    const sessions: Partial<Record<Network, OrtSession>> = {};
    /** Opens one session at a time: on one thread, two take no less time and more memory. */
    let opening: Promise<unknown> = Promise.resolve();
    const open = async (
      network: Network,
      bytes: Uint8Array,
      manifest: Manifest,
      data?: ExternalData,
    ): Promise<void> => {
      const where = `${manifest.name}/${manifest.files[manifest[network]!.file]!.path}`;
      const session = await createSession(ort, bytes, where, data);
      sessions[network] = session;
      const { inputs, output } = described(network, manifest);
      checkNames(manifest, network, { inputs: session.inputNames, outputs: session.outputNames }, inputs, output);
      progress.ready();
    };
    try {
      const { manifest } = await loadModel((options.read && model) || modelAddress(model), {
        ...options,
        onProgress: (report) => progress.download(report),
        onFile: async (file, bytes, manifest, data) => {
          for (const network of ["embedder", "colorizer"] as const)
            if (manifest[network]?.file === file)
              await (opening = opening.then(() => open(network, bytes, manifest, data)));
        },
      });
      options.signal?.throwIfAborted();
      progress.complete();
      return new WasmNetworks(manifest, ort, sessions);
    } catch (error) {
      await opening.catch(() => undefined);
      for (const session of Object.values(sessions)) await session.release();
      throw error;
    }
  }

  /** The embedding of a picture, [1, N]. Throws DeviceError, ManifestError. */
  async embed(picture: Float32Array): Promise<Values> {
    const { input, output, size, background, mean } = this.manifest.embedder!;
    const shape = [1, input.channels, size, size];
    const scores = await this.#run("embedder", { [input.name]: { data: picture, shape } }, output);
    const where = `${this.manifest.name}/model.json at $.embedder.output`;
    const before = background === undefined ? [] : [background];
    expectShape(where, scores.shape, [1, mean ? mean.length - before.length : "classes"]);
    const data = Float32Array.from([...before, ...scores.data]);
    return { data, shape: [1, data.length] };
  }

  /** Runs the colorizer for a padded picture. Throws DeviceError, ManifestError. */
  async predict(inputs: Readonly<Record<string, Values>>, padded: Size): Promise<PredictedMap> {
    const { output } = this.manifest.colorizer;
    const channels = outputChannels(output);
    const { data, shape } = await this.#run("colorizer", inputs, output.name);
    const [, , height = 0, width = 0] = shape;
    const reduction = padded.width / width;
    const fits = Number.isInteger(reduction) && height * reduction === padded.height;
    const where = `${this.manifest.name}/model.json at $.colorizer.output`;
    expectShape(where, shape, [1, channels, fits ? height : padded.height, fits ? width : padded.width]);
    checkOutput(new Uint32Array(data.buffer, data.byteOffset, data.length), "f32", output);
    return withoutRepeats(data, { width, height });
  }

  async #run(network: Network, inputs: Readonly<Record<string, Values>>, output: string): Promise<Values> {
    const { Tensor } = this.#ort;
    const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [name, new Tensor("float32", data, shape)]);
    let made;
    try {
      made = (await this.#sessions[network]!.run(Object.fromEntries(feeds)))[output]!;
    } catch (cause) {
      throw new DeviceError({
        where: "colorize",
        expected: `onnxruntime-web to run the ${network}`,
        received: messageOf(cause),
        hint: "For lack of memory, choose a smaller size.",
        cause,
      });
    }
    if (made.data instanceof Float32Array) return { data: made.data, shape: made.dims };
    throw new ModelError({
      where: `${this.manifest.name}: ${output}`,
      expected: "an output of type float32",
      received: "another type",
    });
  }

  async dispose(): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.release();
  }
}

/** Throws ModelError. */
async function createSession(
  ort: Onnxruntime,
  bytes: Uint8Array,
  where: string,
  data: ExternalData | undefined,
): Promise<OrtSession> {
  const paths = data ? await externalLocations(bytes, { label: where }) : [];
  const externalData = paths.map((path) => ({ path, data: data!(path) }));
  try {
    return await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"], externalData });
  } catch (cause) {
    throw new ModelError({
      where,
      expected: "a model that onnxruntime-web can load",
      received: messageOf(cause),
      hint: "A content security policy must allow 'wasm-unsafe-eval' for scripts.",
      cause,
    });
  }
}

/** The most repeats of a sample that are looked for. */
const MOST_REPEATS = 16;

/**
 * [channels, height, width] without the repeats of nearest upsampling at the network's end, which the engine leaves out, too: see
 * graph/passes/drop-last-upsampling.ts.
 */
export function withoutRepeats(values: Float32Array, { width, height }: Size): PredictedMap {
  for (let times = MOST_REPEATS; times > 1; times--) {
    if (width % times !== 0 || height % times !== 0) continue;
    const first = (i: number): number => {
      const row = Math.floor(i / width); // of all channels; whole blocks, since `times` divides the height
      return (row - (row % times)) * width + (i % width) - (i % times);
    };
    if (!values.every((value, i) => value === values[first(i)])) continue;
    const map = { width: width / times, height: height / times };
    const kept = values.filter((_, i) => first(i) === i);
    return { values: kept, map };
  }
  return { values, map: { width, height } };
}
