/** The two networks of a model: loaded, checked against their manifest, and run one after the other on the GPU. */
import type { ColorizerProfile } from "./colorizer-options";
import type { ConvChoices } from "./graph/conv-choice";
import type { BoundProgram } from "./graph/executor";
import { PipelineCache } from "./graph/pipelines";
import { sizeOf, type Shape } from "./graph/ir";
import { dropLastUpsampling } from "./graph/passes/drop-last-upsampling";
import { sumGreyInput } from "./graph/passes/sum-grey-input";
import { bufferBytes, type Program } from "./graph/program";
import { Session, type Precision } from "./graph/session";
import { submitProgram } from "./graph/submit";
import type { WorkingSize } from "./image/layout";
import type { Prediction } from "./image/chroma";
import type { LuminanceTarget } from "./image/picture-stages";
import type { Elem } from "./kernels/kernel";
import type { Size } from "./kernels/tile";
import { ProgressReport, type LoadProgress } from "./load-progress";
import { checkNames, expectShape } from "./network-checks";
import type { Manifest } from "./weights/manifest";
import { loadModel, type ModelReader } from "./weights/model-files";
import { packagePart } from "./weights/package-part";

export interface NetworkOptions {
  readonly device: GPUDevice;
  readonly model: string | URL;
  readonly precision?: Precision;
  /** How convolutions are computed. */
  readonly choices?: ConvChoices;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  readonly read?: ModelReader;
}

/** Both networks bound for one working size. */
export interface BoundNetworks {
  readonly embedder: BoundProgram;
  readonly colorizer: BoundProgram;
  readonly working: WorkingSize;
}

export class Networks {
  readonly manifest: Manifest;
  readonly pipelines: PipelineCache;
  readonly #device: GPUDevice;
  readonly #embedder: Session;
  readonly #colorizer: Session;
  /** Its shapes are fixed, so it is lowered for plan() once. */
  #embedderProgram: Program | undefined;

  private constructor(
    manifest: Manifest,
    device: GPUDevice,
    pipelines: PipelineCache,
    embedder: Session,
    colorizer: Session,
  ) {
    this.manifest = manifest;
    this.pipelines = pipelines;
    this.#device = device;
    this.#embedder = embedder;
    this.#colorizer = colorizer;
  }

  /** Throws ManifestError, DownloadError, ModelError, UnsupportedError, DeviceError or the signal's reason. */
  static async load({
    device,
    model,
    precision,
    choices,
    signal,
    read,
    onProgress,
  }: NetworkOptions): Promise<Networks> {
    const pipelines = new PipelineCache(device);
    // One program of each stays bound: memory is that of one picture, and binding again is quick.
    const common = { device, precision, signal, pipelines, choices, keep: 1 };
    const sessions: Partial<Record<"embedder" | "colorizer", Session>> = {};
    const progress = new ProgressReport(onProgress);
    const opening: Promise<unknown>[] = [];
    let failed = false;
    const open = async (network: keyof typeof sessions, bytes: Uint8Array, manifest: Manifest): Promise<void> => {
      if (failed) return;
      const { embedder: e, colorizer: c } = manifest;
      const label = `${manifest.name}/${manifest.files[manifest[network].file]!.path}`;
      if (network === "embedder") {
        const inputShapes = { [e.input]: [1, e.channels, e.size, e.size] };
        // The picture is grey, so its channels are one.
        const passes = [sumGreyInput(e.input)];
        sessions.embedder = await Session.load(bytes, { ...common, inputShapes, passes, label });
        checkNames(manifest, network, sessions.embedder, [e.input], e.output);
      } else {
        // Where it says how long the embedding is, it is made ready while the larger embedder still comes in.
        const { width, height } = squareOf(manifest).padded;
        const inputShapes = { [c.luminance]: [1, 1, height, width] };
        // The colour kernel interpolates, so nothing need be repeated for it.
        const passes = [dropLastUpsampling];
        sessions.colorizer = await Session.load(bytes, { ...common, inputShapes, passes, label });
        checkNames(manifest, network, sessions.colorizer, [c.luminance, c.embedding], c.output);
      }
      progress.ready();
    };
    try {
      const { manifest } = await loadModel(model, {
        signal,
        read,
        onProgress: (report) => progress.download(report),
        onFile: async (file, bytes, manifest) => {
          const own = (["embedder", "colorizer"] as const).filter((network) => manifest[network].file === file);
          const opened = Promise.all(own.map((network) => open(network, bytes, manifest)));
          opening.push(opened);
          await opened;
        },
      });
      const networks = new Networks(manifest, device, pipelines, sessions.embedder!, sessions.colorizer!);
      await networks.#prepare();
      signal?.throwIfAborted();
      progress.ready();
      return networks;
    } catch (error) {
      failed = true;
      // Of the two networks, one may still be on its way.
      await Promise.allSettled(opening);
      for (const session of Object.values(sessions)) session.dispose();
      throw error;
    }
  }

  /**
   * Binds both networks for a square picture of the manifest's size: what the colorizer does not support is refused at
   * load, and the first picture finds its pipelines compiled. Throws ManifestError when the networks do not fit.
   */
  async #prepare(): Promise<void> {
    const { name, colorizer: c } = this.manifest;
    const square = squareOf(this.manifest);
    const side = square.size.width;
    const { embedder, colorizer } = await this.bind(square);
    const where = `${name}/model.json`;
    expectShape(`${where} at $.embedder.output`, portShape(embedder.program, this.manifest.embedder.output), [
      1,
      "classes",
    ]);
    const output = portShape(colorizer.program, c.output);
    // The picture's size, or smaller by a whole factor.
    const rows = output[2] ?? side;
    const fit = side % rows === 0 ? rows : side;
    expectShape(`${where} at $.colorizer.output`, output, [1, 2, fit, fit]);
  }

  /** Storage type of activations and weights. */
  get elem(): Elem {
    return this.#colorizer.elem;
  }

  /** The embedder's picture. */
  get embedderSize(): Size {
    return { width: this.manifest.embedder.size, height: this.manifest.embedder.size };
  }

  #embedderShapes(): Record<string, readonly number[]> {
    const { input, channels, size } = this.manifest.embedder;
    return { [input]: [1, channels, size, size] };
  }

  #colorizerShapes({ padded }: WorkingSize, embedder: Program): Record<string, Shape> {
    const { luminance, embedding } = this.manifest.colorizer;
    return {
      [luminance]: [1, 1, padded.height, padded.width],
      [embedding]: portShape(embedder, this.manifest.embedder.output),
    };
  }

  /** Both networks lowered for a working size: costs and memory, without the GPU. */
  plan(working: WorkingSize): { readonly embedder: Program; readonly colorizer: Program } {
    const embedder = (this.#embedderProgram ??= this.#embedder.plan(this.#embedderShapes()));
    return { embedder, colorizer: this.#colorizer.plan(this.#colorizerShapes(working, embedder)) };
  }

  async bind(working: WorkingSize): Promise<BoundNetworks> {
    const embedder = await this.#embedder.bind(this.#embedderShapes());
    this.#embedderProgram = embedder.program;
    const colorizer = await this.#colorizer.bind(this.#colorizerShapes(working, embedder.program));
    return { embedder, colorizer, working };
  }

  /** Makes what is bound again, in the ways of computing now chosen. */
  async rebuild(): Promise<void> {
    // Both have ended when this has: nothing is remade under the next picture.
    const rebuilt = await Promise.allSettled([this.#embedder.rebuild(), this.#colorizer.rebuild()]);
    this.#embedderProgram = undefined;
    for (const one of rebuilt) if (one.status === "rejected") throw one.reason;
  }

  /** The networks' inputs that a picture's luminance fills. */
  targets({ embedder, colorizer, working }: BoundNetworks): LuminanceTarget[] {
    const { embedder: e, colorizer: c } = this.manifest;
    const [black, white] = e.range;
    const square = this.embedderSize;
    return [
      {
        ...working,
        channels: 1,
        scale: c.luminanceScale,
        offset: c.luminanceOffset,
        elem: this.elem,
        buffer: colorizer.input(c.luminance),
      },
      {
        size: square,
        padded: square,
        channels: embedder.program.inputs[0]!.shape[1]!,
        scale: (white - black) / 100,
        offset: black,
        elem: this.elem,
        buffer: embedder.input(e.input),
      },
    ];
  }

  /** Runs the embedder and hands its output to the colorizer, on the GPU; or hands over an embedding kept from a run. */
  async embed({ embedder, colorizer }: BoundNetworks, kept?: Uint8Array<ArrayBuffer>): Promise<void> {
    const to = colorizer.input(this.manifest.colorizer.embedding);
    if (kept) return this.#device.queue.writeBuffer(to, 0, kept);
    submitProgram(this.#device, embedder);
    const from = embedder.output(this.manifest.embedder.output);
    const encoder = this.#device.createCommandEncoder({ label: "embedding" });
    encoder.copyBufferToBuffer(from, 0, to, 0, this.#embeddingBytes(embedder.program));
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
  }

  /** Starts the colorizer; returns the buffers that will hold [1, 2, height, width] and the embedding. */
  predict({ embedder, colorizer }: BoundNetworks): Prediction {
    submitProgram(this.#device, colorizer);
    return {
      chroma: colorizer.output(this.manifest.colorizer.output),
      map: this.chromaSize(colorizer.program),
      embedding: colorizer.input(this.manifest.colorizer.embedding),
      embeddingBytes: this.#embeddingBytes(embedder.program),
    };
  }

  #embeddingBytes(embedder: Program): number {
    return bufferBytes(sizeOf(portShape(embedder, this.manifest.embedder.output)), this.elem);
  }

  /** Runs both networks a step at a time. */
  async profile(working: WorkingSize): Promise<ColorizerProfile> {
    const { profileProgram } = await packagePart(import("./graph/profile"));
    const { embedder, colorizer } = await this.bind(working);
    return {
      embedder: await profileProgram(this.#device, embedder),
      colorizer: await profileProgram(this.#device, colorizer),
    };
  }

  /** The colorizer's output, samples; the padded picture has a whole number of pixels for each. */
  chromaSize(colorizer: Program): Size {
    const [, , height, width] = portShape(colorizer, this.manifest.colorizer.output) as [
      number,
      number,
      number,
      number,
    ];
    return { width, height };
  }

  dispose(): void {
    this.#embedder.dispose();
    this.#colorizer.dispose();
  }
}

/** The square picture of the manifest's size that the networks are made ready for. */
function squareOf({ colorizer: { size, multiple } }: Manifest): WorkingSize {
  const side = Math.ceil(size / multiple) * multiple;
  const square = { width: side, height: side };
  return { size: square, padded: square };
}

function portShape(program: Program, output: string): Shape {
  return program.outputs.find(({ name }) => name === output)!.shape;
}
