/**
 * Networks on the engine, without a Colorizer: a lone ONNX file, or a model whose embedding is to be seen and exchanged. The
 * stages are the Colorizer's own.
 */
import { basename, dirname } from "node:path";
import { InputError } from "../../src/errors";
import { describeDevice } from "../../src/gpu-device";
import { PipelineCache } from "../../src/graph/pipelines";
import { bufferBytes, type Program } from "../../src/graph/lower/program";
import { sizeOf, type Shape } from "../../src/graph/ir";
import { dropLastUpsampling } from "../../src/graph/passes/drop-last-upsampling";
import { Session, type Precision, type SessionOptions } from "../../src/graph/session";
import { submitProgram } from "../../src/graph/submit";
import { checkChroma } from "../../src/image/chroma";
import { workingSize, type WorkingSize } from "../../src/image/layout";
import { PictureStages, type LuminanceTarget } from "../../src/image/picture-stages";
import { withScratch } from "../../src/image/scratch";
import { openSource } from "../../src/image/source";
import type { Elem } from "../../src/kernels/kernel";
import { externalDataIn } from "../../src/node/external-data";
import { folderReader } from "../../src/node/model-files";
import type { Pixels } from "../../src/node/images";
import type { ColorizerManifest, EmbedderManifest } from "../../src/weights/manifest";
import { loadModel } from "../../src/weights/model-files";
import type { Coloured, Embedding, Method } from "./method";
import type { ModelSource } from "./model-source";
import type { Size } from "./pictures";

export interface EngineOptions {
  readonly device: GPUDevice;
  readonly precision: Precision;
  /** Working size; default: the model's. */
  readonly size?: number;
  /** Factor on the chroma as the model gives it. */
  readonly saturation: number;
  readonly signal: AbortSignal;
  /** How a lone network's numbers are scaled. */
  readonly scaling: Scaling;
}

/** As in a manifest: input = L* x luminanceScale + luminanceOffset; a*, b* = output x chromaScale. */
export type Scaling = Pick<ColorizerManifest, "luminanceScale" | "luminanceOffset" | "chromaScale" | "multiple">;

/** Working size of a lone network, where neither the file nor the command says. */
const LONE_SIZE = 256;

interface Networks {
  readonly colorizer: Session;
  readonly manifest: Omit<ColorizerManifest, "file" | "embedding"> & { readonly embedding?: string };
  readonly embedder?: Session;
  readonly embedderManifest?: EmbedderManifest;
}

/** Throws InputError when the file is no such network, ModelError, UnsupportedError or DeviceError. */
export async function openNetwork(
  { path, bytes }: ModelSource & { readonly kind: "network" },
  label: string | undefined,
  options: EngineOptions,
): Promise<Method> {
  const { device, precision, signal, scaling } = options;
  const session = await Session.load(bytes, {
    device,
    precision,
    signal,
    label: basename(path),
    externalData: externalDataIn(dirname(path)),
    passes: [dropLastUpsampling],
    keep: 1,
  });
  const manifest = {
    ...scaling,
    luminance: session.inputs[0]!.name,
    output: session.outputs[0]!.name,
    size: options.size ?? LONE_SIZE,
    saturation: 1,
  };
  const name = label ?? basename(path, ".onnx");
  return new NetworkMethod({ colorizer: session, manifest }, options, name, { model: basename(path) });
}

/** A model folder with its embedding in reach. Throws what loadModel and Session.load throw. */
export async function openModelNetworks(
  { location, read }: ModelSource & { readonly kind: "folder" },
  label: string | undefined,
  options: EngineOptions,
): Promise<Method> {
  const { device, precision, signal } = options;
  const onDisk = folderReader(location.endsWith(".json") ? dirname(location) : location);
  const reader = /^https?:/i.test(location) ? undefined : (read ?? onDisk);
  const { manifest, files } = await loadModel(location, { read: reader, signal });
  const pipelines = new PipelineCache(device);
  const common = { device, precision, signal, pipelines, keep: 1 };
  const open = (file: string, passes: SessionOptions["passes"]): Promise<Session> =>
    Session.load(files[file]!, { ...common, passes, label: `${manifest.name}/${file}` });
  const embedder = await open(manifest.embedder.file, []);
  const colorizer = await open(manifest.colorizer.file, [dropLastUpsampling]);
  const networks = { colorizer, manifest: manifest.colorizer, embedder, embedderManifest: manifest.embedder };
  return new NetworkMethod(networks, options, label ?? manifest.name, {
    model: `${manifest.name} ${manifest.version}`,
    embeddingSize: manifest.embedder.size,
  });
}

class NetworkMethod implements Method {
  readonly name: string;
  readonly facts: Method["facts"];
  readonly #networks: Networks;
  readonly #options: EngineOptions;
  readonly #stages: PictureStages;
  readonly colorizeWith: Method["colorizeWith"];

  constructor(networks: Networks, options: EngineOptions, name: string, facts: Method["facts"]) {
    this.name = name;
    this.#networks = networks;
    this.#options = options;
    this.#stages = new PictureStages(options.device, new PipelineCache(options.device));
    const { manifest, colorizer } = networks;
    this.facts = {
      ...facts,
      workingSize: options.size ?? manifest.size,
      saturation: manifest.saturation * options.saturation,
      storage: colorizer.elem,
      adapter: describeDevice(options.device),
    };
    if (networks.embedder) this.colorizeWith = ({ grey }, embedding) => this.#predict(grey, embedding);
  }

  async colorize({ grey }: { readonly grey: Pixels }): Promise<Coloured> {
    const embedding = this.#networks.embedder && (await this.#embed(grey));
    return { picture: await this.#predict(grey, embedding), embedding };
  }

  /** The embedding of a picture, read back. */
  async #embed(grey: Pixels): Promise<Embedding> {
    const session = this.#networks.embedder!;
    const { input, output, size, channels, range } = this.#networks.embedderManifest!;
    const [black, white] = range;
    const bound = await session.bind({ [input]: [1, channels, size, size] });
    const square = { width: size, height: size };
    await this.#fill(grey, {
      size: square,
      padded: square,
      channels,
      scale: (white - black) / 100,
      offset: black,
      elem: session.elem,
      buffer: bound.input(input),
    });
    submitProgram(this.#options.device, bound);
    return this.#read(bound.output(output), portShape(bound.program, output), session.elem);
  }

  /** A tensor as the GPU stores it. */
  #read(buffer: GPUBuffer, shape: Shape, elem: Elem): Promise<Uint8Array<ArrayBuffer>> {
    const { device } = this.#options;
    const bytes = bufferBytes(sizeOf(shape), elem);
    return withScratch(device, async (scratch) => {
      const staging = scratch.buffer("read back", bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
      const encoder = device.createCommandEncoder({ label: "read back" });
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      return new Uint8Array(staging.getMappedRange().slice(0, bytes));
    });
  }

  async #predict(grey: Pixels, embedding: Embedding | undefined): Promise<Pixels> {
    const { device, saturation, signal } = this.#options;
    const { colorizer: session, manifest: m } = this.#networks;
    const { elem } = session;
    signal.throwIfAborted();
    const working = this.#workingSize(grey);
    const { height, width } = working.padded;
    const shapes: Record<string, Shape> = { [m.luminance]: [1, 1, height, width] };
    if (m.embedding !== undefined) shapes[m.embedding] = await this.#embeddingShape();
    const bound = await session.bind(shapes);
    await this.#fill(grey, {
      ...working,
      channels: 1,
      scale: m.luminanceScale,
      offset: m.luminanceOffset,
      elem: session.elem,
      buffer: bound.input(m.luminance),
    });
    if (m.embedding !== undefined && embedding)
      device.queue.writeBuffer(bound.input(m.embedding), 0, embedding as Uint8Array<ArrayBuffer>);
    submitProgram(device, bound);
    const shape = portShape(bound.program, m.output);
    const map = this.#mapSize(working, shape);
    const bytes = await this.#read(bound.output(m.output), shape, elem);
    checkChroma(elem === "f16" ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer), elem);
    const chroma = { bytes, elem, ...working, map };
    const scale = m.chromaScale * m.saturation * saturation;
    const data = await this.#stages.recombine(await openSource(grey), chroma, scale, signal);
    return { data, width: grey.width, height: grey.height };
  }

  async #fill(grey: Pixels, target: LuminanceTarget): Promise<void> {
    await this.#stages.luminance(await openSource(grey), [target]);
  }

  async #embeddingShape(): Promise<Shape> {
    const { input, output, size, channels } = this.#networks.embedderManifest!;
    return portShape((await this.#networks.embedder!.bind({ [input]: [1, channels, size, size] })).program, output);
  }

  /** As for any picture; a network that takes one size only gets every picture at that. */
  #workingSize(grey: Pixels): WorkingSize {
    const { manifest: m, colorizer } = this.#networks;
    const [, , height, width] = colorizer.inputs.find(({ name }) => name === m.luminance)?.shape ?? [];
    if (typeof height !== "number" || typeof width !== "number")
      return workingSize(grey, this.#options.size ?? m.size, m.multiple);
    return { size: { width, height }, padded: { width, height } };
  }

  /** The size of what a network gives: a*b* at its input's size, or smaller by a whole number. */
  #mapSize({ padded }: WorkingSize, shape: Shape): Size {
    const [n, channels, height = 0, width = 0] = shape;
    const factor = padded.width / width;
    const fits = n === 1 && channels === 2 && Number.isInteger(factor) && padded.height === height * factor;
    if (shape.length === 4 && fits) return { width, height };
    throw new InputError({
      where: `${this.name}: its output`,
      expected: `a*b* as [1, 2, ${padded.height}, ${padded.width}], or smaller by a whole number`,
      received: `[${shape.join(", ")}]`,
      hint: "Name a network that gives a*b* for L*.",
    });
  }

  dispose(): void {
    this.#networks.colorizer.dispose();
    this.#networks.embedder?.dispose();
  }
}

function portShape(program: Program, output: string): Shape {
  return program.outputs.find(({ name }) => name === output)!.shape;
}
