/** Loads a model's networks (a colorizer and an optional embedder), checks them against the manifest and runs them on the GPU. */
import { CommandScope } from "../gpu/command-scope";
import type { NetworkOptions } from "./network-options";
import type { ColorizerProfile } from "./options";
import type { BoundProgram } from "../gpu/bound-program";
import { explain } from "../gpu/explain";
import { PipelineCache } from "../gpu/pipelines";
import { profileProgram } from "../gpu/profile";
import { sizeOf, type Shape } from "../graph/ir";
import { bufferBytes, type Program } from "../graph/lower/program";
import { Session } from "../session/session";
import { storedElements } from "../gpu/storage";
import { submitProgram } from "../gpu/submit";
import type { WorkingSize } from "../image/layout";
import { outputChannels, type Prediction } from "../image/chroma";
import type { LuminanceTarget } from "../image/picture-stages";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import { ProgressReport } from "../weights/model/progress";
import { firstSize } from "./early";
import { checkNames, expectShape } from "./network-checks";
import { described, fillConstants, isPicture, pictureShape, portShape, squareOf, targetOf } from "./network-inputs";
import type { Network } from "./network-inputs";
import type { Manifest } from "../weights/model/manifest";
import type { ExternalData } from "../weights/onnx/types";
import { loadModel } from "../weights/model/files";

/** The networks bound for one working size. */
export interface BoundNetworks {
  readonly embedder?: BoundProgram;
  readonly colorizer: BoundProgram;
  readonly working: WorkingSize;
}

export class Networks {
  readonly manifest: Manifest;
  readonly pipelines: PipelineCache;
  readonly device: GPUDevice;
  /** Undefined until it is loaded, too. */
  #embedder: Session | undefined;
  readonly #colorizer: Session;
  /** The embedder's program for plan(), lowered once because its shapes are fixed. */
  #embedderProgram: Program | undefined;
  /** Programs of the colorizer whose constant inputs are filled. */
  readonly #filled = new WeakSet<BoundProgram>();
  /** Called between layers that are checked; undefined where they are not. */
  readonly check: (() => void) | undefined;

  private constructor(
    manifest: Manifest,
    device: GPUDevice,
    pipelines: PipelineCache,
    sessions: Partial<Record<Network, Session>>,
    check: (() => void) | undefined,
  ) {
    this.check = check;
    this.manifest = manifest;
    this.pipelines = pipelines;
    this.device = device;
    this.#embedder = sessions.embedder;
    this.#colorizer = sessions.colorizer!;
  }

  /** Throws ManifestError, DownloadError, ModelError, UnsupportedError, DeviceError or the signal's reason. */
  static async load({ device, model, onFirstNetworks, ...options }: NetworkOptions<Networks>): Promise<Networks> {
    const { precision, precisionOf, check, choices, signal, read, preset, stallTimeout, beat, externalData } = options;
    const pipelines = new PipelineCache(device);
    // Keeps one bound program per network, so memory is for one picture; binding again is quick.
    const common = { device, signal, pipelines, choices, beat, keep: 1 };
    const sessions: Partial<Record<Network, Session>> = {};
    const progress = new ProgressReport(options.onProgress);
    const opening: Promise<unknown>[] = [];
    const checked = check ? (beat ?? (() => undefined)) : undefined;
    let failed = false;
    let first: Networks | undefined;
    let endFirst!: () => void;
    const firstEnded = new Promise<void>((resolve) => (endFirst = resolve));
    const open = async (
      network: Network,
      bytes: Uint8Array,
      manifest: Manifest,
      data?: ExternalData,
    ): Promise<void> => {
      const size = onFirstNetworks && firstSize(manifest, device);
      const hasFirst = onFirstNetworks && (manifest.embedder ? manifest.embedder.mean : size) !== undefined;
      const firstPixels = hasFirst ? size : undefined;
      if (hasFirst && network === "embedder") await firstEnded;
      if (failed) return;
      const { inputs, inputShapes, output, passes } = described(network, manifest, firstPixels);
      const label = `${manifest.name}/${manifest.files[manifest[network]!.file]!.path}`;
      const own = { inputShapes, passes, label, precision: (await precisionOf?.(manifest)) ?? precision };
      const session = await Session.load(bytes, { ...common, ...own, externalData: data ?? externalData });
      sessions[network] = session;
      const names = (ports: readonly { readonly name: string }[]): string[] => ports.map(({ name }) => name);
      const has = { inputs: names(session.inputs), outputs: names(session.outputs) };
      checkNames(manifest, network, has, inputs, output);
      progress.ready();
      if (!hasFirst || network === "embedder") return;
      first = new Networks(manifest, device, pipelines, sessions, checked);
      await first.#prepare(firstPixels);
      await onFirstNetworks(first);
      endFirst();
    };
    try {
      const { manifest } = await loadModel(model, {
        signal,
        read,
        preset,
        stallTimeout,
        onProgress: (report) => progress.download(report),
        onFile: async (file, bytes, manifest, externalData) => {
          const own = (["embedder", "colorizer"] as const).filter((network) => manifest[network]?.file === file);
          const opened = Promise.all(own.map((network) => open(network, bytes, manifest, externalData)));
          opening.push(opened);
          await opened;
        },
      });
      const networks = first ?? new Networks(manifest, device, pipelines, sessions, checked);
      networks.#embedder = sessions.embedder;
      await networks.#prepare().catch(async (error: unknown) => {
        throw await explain(error, device, signal);
      });
      signal?.throwIfAborted();
      progress.complete();
      return networks;
    } catch (error) {
      failed = true;
      endFirst();
      // One of the two networks may still be loading.
      await Promise.allSettled(opening);
      for (const session of Object.values(sessions)) session.dispose();
      throw error;
    }
  }

  /**
   * Binds the networks for a square picture of side `pixels`, by default of the manifest's size, so that unsupported ops are reported at load and the
   * first picture finds its pipelines compiled. Throws ManifestError when the networks do not match the manifest.
   */
  async #prepare(pixels?: number): Promise<void> {
    const { name, embedder: e, colorizer: c } = this.manifest;
    const square = squareOf(this.manifest, pixels);
    const { embedder, colorizer } = await this.bind(square);
    const where = `${name}/model.json`;
    if (embedder) {
      const classes = e!.mean?.length ?? "classes";
      expectShape(`${where} at $.embedder.output`, portShape(embedder.program, e!.output), [1, classes]);
    }
    const output = portShape(colorizer.program, c.output.name);
    // The output has the picture's size, or that divided by an integer.
    const { width: side } = square.padded;
    const fit = side % (output[2] ?? side) === 0 ? (output[2] ?? side) : side;
    expectShape(`${where} at $.colorizer.output`, output, [1, outputChannels(c.output), fit, fit]);
  }

  /** Storage type of activations and weights. */
  get elem(): Elem {
    return this.#colorizer.elem;
  }

  /** Size of the embedder's picture. */
  get #embedderSize(): WorkingSize {
    const { size: side } = this.manifest.embedder!;
    const size = { width: side, height: side };
    return { size, padded: size };
  }

  #embedderShapes(): Record<string, Shape> {
    return described("embedder", this.manifest).inputShapes;
  }

  #colorizerShapes({ padded }: WorkingSize, embedder: Program | undefined): Record<string, Shape> {
    const { inputs } = this.manifest.colorizer;
    const { output, mean } = this.manifest.embedder ?? {};
    const embedding = embedder ? portShape(embedder, output!) : [1, mean?.length ?? 0];
    const shapes = inputs.map((input): [string, Shape] => [
      input.name,
      input.kind === "embedding" ? embedding : pictureShape(input, padded),
    ]);
    return Object.fromEntries(shapes);
  }

  /** The networks lowered for a working size: costs and memory, without the GPU. */
  plan(working: WorkingSize): { readonly embedder?: Program; readonly colorizer: Program } {
    if (this.#embedder) this.#embedderProgram ??= this.#embedder.plan(this.#embedderShapes());
    const embedder = this.#embedderProgram;
    return { embedder, colorizer: this.#colorizer.plan(this.#colorizerShapes(working, embedder)) };
  }

  async bind(working: WorkingSize): Promise<BoundNetworks> {
    const embedder = await this.#embedder?.bind(this.#embedderShapes());
    this.#embedderProgram = embedder?.program;
    const colorizer = await this.#colorizer.bind(this.#colorizerShapes(working, embedder?.program));
    // Once; runs do not change them.
    if (!this.#filled.has(colorizer)) await fillConstants(this.device, colorizer, this.manifest, this.elem);
    this.#filled.add(colorizer);
    return { embedder, colorizer, working };
  }

  /** Removes failed programs from the cache, so that the next bind() makes new ones. The caller destroys them. */
  async forget({ embedder, colorizer }: BoundNetworks): Promise<void> {
    await Promise.all([embedder && this.#embedder?.forget(embedder), this.#colorizer.forget(colorizer)]);
  }

  /** Compiles and binds the networks again, with the algorithms now chosen. */
  async rebuild(): Promise<void> {
    // Waits for both, even when one fails, so that no rebuild runs during the next picture.
    const rebuilt = await Promise.allSettled([this.#embedder?.rebuild(), this.#colorizer.rebuild()]);
    this.#embedderProgram = undefined;
    for (const one of rebuilt) if (one.status === "rejected") throw one.reason;
  }

  /** The inputs that a picture's luminance fills: of both networks, or of the colorizer alone where an embedding is reused. */
  targets({ embedder, colorizer, working }: BoundNetworks, which: "both" | "colorizer" = "both"): LuminanceTarget[] {
    const { embedder: e, colorizer: c } = this.manifest;
    const targets = c.inputs.filter(isPicture).map((input) => targetOf(input, colorizer, working, this.elem));
    if (!embedder || which === "colorizer") return targets;
    return [...targets, targetOf(e!.input, embedder, this.#embedderSize, this.elem)];
  }

  /** Sizes of targets(), without padding. */
  targetSizes({ size }: WorkingSize): Size[] {
    const { embedder, colorizer } = this.manifest;
    return [...colorizer.inputs.filter(isPicture).map(() => size), ...(embedder ? [this.#embedderSize.size] : [])];
  }

  /**
   * Runs the embedder and copies its output to the colorizer on the GPU, or uploads the embedding `kept` from an earlier run, or the mean
   * embedding where the embedder is not loaded yet. Does nothing where the colorizer takes no embedding.
   */
  async embed({ embedder, colorizer }: BoundNetworks, kept?: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#embeddingInput === undefined) return;
    const to = colorizer.input(this.#embeddingInput);
    const { queue } = this.device;
    const scope = new CommandScope(this.device, { where: "embedding" });
    if (kept || !embedder) {
      const values = kept ?? storedElements(new Float32Array(this.manifest.embedder!.mean!), this.elem);
      scope.run(() => queue.writeBuffer(to, 0, values));
      return scope.check();
    }
    scope.run(() => {
      submitProgram(this.device, embedder, scope);
      const from = embedder.output(this.manifest.embedder!.output);
      const encoder = this.device.createCommandEncoder({ label: "embedding" });
      encoder.copyBufferToBuffer(from, 0, to, 0, this.#embeddingBytes(embedder.program));
      scope.submit(encoder);
    });
    await Promise.all([queue.onSubmittedWorkDone(), scope.check()]);
  }

  get #embeddingInput(): string | undefined {
    return this.manifest.colorizer.inputs.find(({ kind }) => kind === "embedding")?.name;
  }

  /** Submits the colorizer; returns the buffers that will hold its output and the embedding. */
  predict({ embedder, colorizer }: BoundNetworks, scope: CommandScope): Prediction {
    scope.run(() => submitProgram(this.device, colorizer, scope));
    const { output } = this.manifest.colorizer;
    return {
      output,
      buffer: colorizer.output(output.name),
      map: this.outputSize(colorizer.program),
      ...(embedder && {
        embedding: {
          buffer: colorizer.input(this.#embeddingInput!),
          bytes: this.#embeddingBytes(embedder.program),
        },
      }),
    };
  }

  #embeddingBytes(embedder: Program): number {
    return bufferBytes(sizeOf(portShape(embedder, this.manifest.embedder!.output)), this.elem);
  }

  /** Measures every step of both networks. */
  async profile(working: WorkingSize): Promise<ColorizerProfile> {
    const { embedder, colorizer } = await this.bind(working);
    return {
      ...(embedder && { embedder: await profileProgram(this.device, embedder) }),
      colorizer: await profileProgram(this.device, colorizer),
    };
  }

  /** Size of the colorizer's output in samples. The padded picture's size is an integer multiple of it. */
  outputSize(colorizer: Program): Size {
    const [, , height = 0, width = 0] = portShape(colorizer, this.manifest.colorizer.output.name);
    return { width, height };
  }

  dispose(): void {
    this.#embedder?.dispose();
    this.#colorizer.dispose();
  }
}
