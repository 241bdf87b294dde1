/** The two networks of a model: loaded, checked against their manifest, and run one after the other on the GPU. */
import { ManifestError } from "./errors";
import type { BoundProgram } from "./graph/executor";
import { PipelineCache } from "./graph/pipelines";
import { sizeOf, type Shape } from "./graph/ir";
import { dropLastUpsampling } from "./graph/passes/drop-last-upsampling";
import { sumGreyInput } from "./graph/passes/sum-grey-input";
import { bufferBytes, type Program } from "./graph/program";
import { Session, type Precision } from "./graph/session";
import { submitProgram } from "./graph/submit";
import type { WorkingSize } from "./image/layout";
import type { LuminanceTarget } from "./image/picture-stages";
import type { Elem } from "./kernels/kernel";
import type { Size } from "./kernels/tile";
import type { Manifest } from "./weights/manifest";
import { loadModel, type ModelReader } from "./weights/model-files";

/** Where loading is: bytes of the model's files, or networks made ready. */
export interface LoadProgress {
  readonly stage: "download" | "compile";
  readonly loaded: number;
  /** 0 while it is not known. */
  readonly total: number;
}

export interface NetworkOptions {
  readonly device: GPUDevice;
  readonly model: string | URL;
  readonly precision?: Precision;
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
  static async load({ device, model, precision, signal, read, onProgress }: NetworkOptions): Promise<Networks> {
    const { manifest, files } = await loadModel(model, {
      signal,
      read,
      onProgress: ({ loaded, total }) => onProgress?.({ stage: "download", loaded, total }),
    });
    const pipelines = new PipelineCache(device);
    const { embedder: e, colorizer: c } = manifest;
    const label = (file: string): string => `${manifest.name}/${file}`;
    // One program of each stays bound: memory is that of one picture, and binding again is quick.
    const common = { device, precision, signal, pipelines, keep: 1 };
    const sessions: Session[] = [];
    try {
      onProgress?.({ stage: "compile", loaded: 0, total: 2 });
      const inputShapes = { [e.input]: [1, e.channels, e.size, e.size] };
      // The picture is grey, so its channels are one; the colour kernel interpolates, so nothing need be repeated for it.
      const passes = [sumGreyInput(e.input)];
      const embedder = await Session.load(files[e.file]!, { ...common, inputShapes, passes, label: label(e.file) });
      sessions.push(embedder);
      checkNames(manifest, "embedder", embedder, [e.input], e.output);
      onProgress?.({ stage: "compile", loaded: 1, total: 2 });
      const colorizer = await Session.load(files[c.file]!, {
        ...common,
        passes: [dropLastUpsampling],
        label: label(c.file),
      });
      sessions.push(colorizer);
      checkNames(manifest, "colorizer", colorizer, [c.luminance, c.embedding], c.output);
      const networks = new Networks(manifest, device, pipelines, embedder, colorizer);
      await networks.#prepare();
      signal?.throwIfAborted();
      onProgress?.({ stage: "compile", loaded: 2, total: 2 });
      return networks;
    } catch (error) {
      for (const session of sessions) session.dispose();
      throw error;
    }
  }

  /**
   * Binds both networks for a square picture of the manifest's size: what the colorizer does not support is refused at
   * load, and the first picture finds its pipelines compiled. Throws ManifestError when the networks do not fit.
   */
  async #prepare(): Promise<void> {
    const { name, colorizer: c } = this.manifest;
    const side = Math.ceil(c.size / c.multiple) * c.multiple;
    const size = { width: side, height: side };
    const { embedder, colorizer } = await this.bind({ size, padded: size });
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

  #colorizerShapes({ padded }: WorkingSize, embedder: Program): Record<string, readonly number[]> {
    const { luminance, embedding } = this.manifest.colorizer;
    const shape = portShape(embedder, this.manifest.embedder.output);
    return { [luminance]: [1, 1, padded.height, padded.width], [embedding]: shape };
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

  /** Runs the embedder and hands its output to the colorizer, on the GPU. */
  async embed({ embedder, colorizer }: BoundNetworks): Promise<void> {
    submitProgram(this.#device, embedder);
    const from = embedder.output(this.manifest.embedder.output);
    const to = colorizer.input(this.manifest.colorizer.embedding);
    const encoder = this.#device.createCommandEncoder({ label: "embedding" });
    const shape = portShape(embedder.program, this.manifest.embedder.output);
    encoder.copyBufferToBuffer(from, 0, to, 0, bufferBytes(sizeOf(shape), this.elem));
    this.#device.queue.submit([encoder.finish()]);
    await this.#device.queue.onSubmittedWorkDone();
  }

  /** Starts the colorizer; returns the buffer that will hold [1, 2, height, width]. */
  predict({ colorizer }: BoundNetworks): { readonly buffer: GPUBuffer; readonly map: Size } {
    submitProgram(this.#device, colorizer);
    return { buffer: colorizer.output(this.manifest.colorizer.output), map: this.chromaSize(colorizer.program) };
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

function portShape(program: Program, output: string): Shape {
  return program.outputs.find(({ name }) => name === output)!.shape;
}

/** Throws ManifestError unless the shape fits; a name stands for any size. */
function expectShape(where: string, shape: Shape, expected: readonly (number | string)[]): void {
  const fits = shape.length === expected.length && expected.every((n, i) => typeof n === "string" || n === shape[i]);
  if (!fits)
    throw new ManifestError({
      where,
      expected: `an output of shape [${expected.join(", ")}]`,
      received: `[${shape.join(", ")}]`,
      hint: "Export the network as docs/model-format.md says.",
    });
}

/** Throws ManifestError when model.json names inputs or outputs that its ONNX file does not have. */
function checkNames(
  manifest: Manifest,
  network: "embedder" | "colorizer",
  session: Session,
  inputs: readonly string[],
  output: string,
): void {
  const has = session.inputs.map(({ name }) => name);
  const makes = session.outputs.map(({ name }) => name);
  const fits = has.length === inputs.length && inputs.every((name) => has.includes(name)) && makes.includes(output);
  if (fits) return;
  throw new ManifestError({
    where: `${manifest.name}/model.json at $.${network}`,
    expected: `an ONNX file with inputs ${inputs.join(", ")} and output ${output}`,
    received: `inputs ${has.join(", ")} and outputs ${makes.join(", ")}`,
    hint: "Correct the names in model.json.",
  });
}
