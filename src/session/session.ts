/** Loads and runs one ONNX model on a device. */
import { lossOf, type DeviceLoss } from "../gpu/device-loss";
import { DeviceError, InputError } from "../base/errors";
import { requestDevice } from "../gpu/device";
import type { Elem } from "../kernels/kernel";
import { tune, type TuneOptions, type TuneReport } from "../tuning/tune";
import { readModel } from "../weights/onnx/decode";
import type { OnnxModel, OnnxValueInfo } from "../weights/onnx/types";
import { ownEntry } from "../base/own-entry";
import { abortable } from "../base/abortable";
import { Pacer } from "../base/pacer";
import { Turns } from "../base/turns";
import { ENGINE } from "./engine";
import { chooseDefault, ConvChoices, SMALL } from "../graph/lower/conv-choice";
import type { Engine } from "../graph/engine";
import { BoundProgram } from "../gpu/bound-program";
import { explain } from "../gpu/explain";
import { checkOps, importing, importModel } from "../graph/import";
import type { Graph, Shape } from "../graph/ir";
import { lower, lowering } from "../graph/lower/lower";
import { optimize, optimizing } from "../graph/optimize";
import { PipelineCache } from "../gpu/pipelines";
import { profileProgram, type Profile } from "../gpu/profile";
import { runProgram } from "./run-program";
import { checkInputs, knownShapes, type InputTensor, type Tensor } from "./inputs";
import { readSource, type ModelSource, type SessionOptions } from "./options";
import type { Program } from "../graph/lower/program";
import { storageOf } from "../gpu/storage";
import { WeightStore } from "../gpu/weight-store";

export type { SessionOptions } from "./options";
export type { Precision } from "../gpu/storage";

/** An ONNX model on a device. It compiles one program per combination of input shapes and caches them. */
export class Session {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  /** Storage type of activations and weights. */
  readonly elem: Elem;
  readonly #model: OnnxModel;
  readonly #device: GPUDevice;
  readonly #freeze: SessionOptions["freeze"];
  readonly #pipelines: PipelineCache;
  readonly #choices: ConvChoices;
  /** How programs of this session choose algorithms: `#choices`, or SMALL for precision "f16-weights". */
  readonly #convs: Pick<ConvChoices, "choose" | "record">;
  readonly #weights: WeightStore;
  readonly #keep: number;
  readonly #engine: Engine;
  readonly #bound = new Map<string, Promise<BoundProgram>>();
  #creating: Promise<unknown> = Promise.resolve();
  #defaultShapes: Readonly<Record<string, Shape>> | undefined;
  readonly #turns = new Turns();
  readonly #lost: DeviceLoss;
  #disposed = false;

  #ownsDevice = false;

  private constructor(model: OnnxModel, elem: Elem, options: SessionOptions & { readonly device: GPUDevice }) {
    this.#model = model;
    this.#device = options.device;
    this.#lost = lossOf(options.device);
    this.#freeze = options.freeze;
    this.#pipelines = options.pipelines ?? new PipelineCache(options.device);
    this.#weights = new WeightStore(options.device, elem);
    this.#keep = Math.max(1, options.keep ?? 4);
    const { engine = ENGINE, passes = [] } = options;
    this.#engine = { ...engine, passes: [...engine.passes, ...passes] };
    this.#choices = options.choices ?? new ConvChoices(options.device, engine.convolutions);
    this.#convs = options.precision === "f16-weights" ? SMALL : this.#choices;
    this.elem = elem;
    this.inputs = model.inputs.filter((input) => ownEntry(options.freeze, input.name) === undefined);
    this.outputs = model.outputs;
  }

  /**
   * Decodes the model and, when all input shapes are known, compiles it and uploads its weights. Throws DownloadError for
   * a failed download, ModelError for a damaged file, UnsupportedError naming every unsupported node, InputError for wrong
   * shapes, DeviceError when the device is missing, lost or out of memory.
   */
  static async load(source: ModelSource, options: SessionOptions = {}): Promise<Session> {
    options.signal?.throwIfAborted();
    return abortable(Session.#open(source, options), options.signal);
  }

  /** The work of load(), which ends soon after the signal is aborted and then frees everything. */
  static async #open(source: ModelSource, options: SessionOptions): Promise<Session> {
    const device = options.device ?? (await requestDevice());
    try {
      const session = await Session.#load(source, { ...options, device });
      session.#ownsDevice = !options.device;
      return session;
    } catch (error) {
      if (!options.device) device.destroy();
      throw error;
    }
  }

  static async #load(source: ModelSource, options: SessionOptions & { readonly device: GPUDevice }): Promise<Session> {
    const { signal, externalData } = options;
    const elem = storageOf(options.device, options.precision ?? "auto");
    const { bytes, label } = await readSource(source, options);
    const session = new Session(await readModel(bytes, { label, externalData, signal }), elem, options);
    try {
      const shapes = knownShapes(session.inputs, options.inputShapes);
      await session.#choices.ready;
      if (shapes) {
        session.#defaultShapes = shapes;
        await session.#bindOnce(shapes, signal);
      } else checkOps(session.#model, session.#engine);
      signal?.throwIfAborted();
      return session;
    } catch (error) {
      session.dispose();
      throw error;
    }
  }

  /**
   * The lowered program for these input shapes, made without the GPU: its steps, flops, bytes and memory.
   */
  plan(shapes: Readonly<Record<string, Shape>>): Program {
    return lower(this.graph(shapes), this.#engine, { elem: this.elem, chooseConv: this.#convs.choose });
  }

  /** The optimised graph for these input shapes. */
  graph(shapes: Readonly<Record<string, Shape>>): Graph {
    const imported = importModel(this.#model, this.#engine, { inputShapes: shapes, freeze: this.#freeze });
    return optimize(imported, this.#engine);
  }

  /**
   * A program bound for these input shapes, for inputs and outputs that stay on the GPU. It is kept and shared, and
   * stays usable until `keep` other combinations of shapes have been bound.
   */
  bind(shapes: Readonly<Record<string, Shape>>): Promise<BoundProgram> {
    return this.#bindOnce(shapes);
  }

  /** bind(). The signal stops the work for all that share the program. */
  #bindOnce(shapes: Readonly<Record<string, Shape>>, signal?: AbortSignal): Promise<BoundProgram> {
    this.#check();
    const key = JSON.stringify(this.inputs.map(({ name }) => ownEntry(shapes, name) ?? null));
    let bound = this.#bound.get(key);
    if (bound) this.#bound.delete(key);
    else {
      // Programs are created one after another, so that the next one finds the weights that this one uploads.
      bound = Promise.all([this.#creating, this.#evict()]).then(() => this.#create(shapes, signal));
      bound = bound.catch((error: unknown) => this.#explain(error, signal));
      this.#creating = bound.catch(() => undefined);
    }
    this.#bound.set(key, bound);
    // The map may hold a newer program for this key by then.
    bound.catch(() => this.#bound.get(key) === bound && this.#bound.delete(key));
    return bound;
  }

  /** Removes a failed program from the cache, so that bind() makes a new one. The caller destroys it once no run uses it. @internal */
  async forget(program: BoundProgram): Promise<void> {
    for (const [key, bound] of [...this.#bound])
      if ((await bound.catch(() => undefined)) === program && this.#bound.get(key) === bound) this.#bound.delete(key);
  }

  /** Frees the least recently used programs until at most `keep` are bound. */
  async #evict(keep = this.#keep - 1): Promise<void> {
    const old = [...this.#bound].slice(0, Math.max(0, this.#bound.size - keep));
    for (const [key] of old) this.#bound.delete(key);
    // Work already submitted with these buffers still runs; WebGPU frees them afterwards.
    for (const [, program] of old)
      await program.then(
        (p) => p.destroy(),
        () => undefined,
      );
  }

  async #create(
    shapes: Readonly<Record<string, Shape>>,
    signal: AbortSignal | undefined,
    chooseConv = this.#convs.record,
  ): Promise<BoundProgram> {
    const pacer = new Pacer(signal);
    const options = { inputShapes: shapes, freeze: this.#freeze };
    const imported = await pacer.finish(importing(this.#model, this.#engine, options));
    const graph = await pacer.finish(optimizing(imported, this.#engine));
    const program = await pacer.finish(lowering(graph, this.#engine, { elem: this.elem, chooseConv }));
    try {
      const [pipelines, weights, { kernels }] = [this.#pipelines, this.#weights, this.#engine];
      return await BoundProgram.create(this.#device, program, kernels, graph.constants, pipelines, weights, pacer);
    } catch (error) {
      // The chosen algorithms may need too much memory or fail to compile: fall back to the default algorithm everywhere.
      const last = chooseConv === chooseDefault || this.#convs === SMALL;
      if (this.#lost.reason !== undefined || signal?.aborted || last) throw error;
      return this.#create(shapes, signal, chooseDefault);
    }
  }

  /**
   * Runs the model once on all inputs, by name, and resolves with all outputs. Concurrent calls run one after another.
   * Throws InputError for missing, unknown or misshapen inputs.
   */
  async run(
    inputs: Readonly<Record<string, InputTensor>>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Record<string, Tensor>> {
    options.signal?.throwIfAborted();
    const run = this.#turns.run(async () => {
      options.signal?.throwIfAborted();
      checkInputs(this.#model.label, this.inputs, inputs);
      const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
      const bound = await this.bind(shapes);
      this.#check();
      // Checks again: the caller may have transferred a buffer while this call waited.
      checkInputs(this.#model.label, this.inputs, inputs);
      return runProgram(this.#device, bound, inputs).catch(async (cause: unknown) => {
        await this.forget(bound);
        bound.destroy();
        return this.#explain(cause, options.signal);
      });
    });
    return abortable(run, options.signal);
  }

  /**
   * Measures every step once, by GPU timestamps where the device has them, for `shapes` (default: those given at load).
   * It runs on the current contents of the input buffers. Throws InputError without shapes.
   */
  async profile(shapes: Readonly<Record<string, Shape>> | undefined = this.#defaultShapes): Promise<Profile> {
    if (!shapes)
      throw new InputError({
        where: this.#model.label,
        expected: "input shapes to profile",
        received: "none",
        hint: "Pass inputShapes to Session.load or to profile().",
      });
    return this.#turns.run(async () => {
      const bound = await this.bind(shapes);
      return profileProgram(this.#device, bound).catch((error: unknown) => this.#explain(error));
    });
  }

  /**
   * Times the algorithms for each of this session's convolutions on its device and uses the fastest from then on; see
   * docs/tuning.md. Runs have priority. Programs returned by bind() become invalid. Throws the signal's reason when aborted.
   */
  async tune(options: TuneOptions = {}): Promise<TuneReport> {
    this.#check();
    const [device, pipelines, choices] = [this.#device, this.#pipelines, this.#choices];
    const report = await tune(
      { device, pipelines, choices, engine: this.#engine, turn: () => this.#turns.ended() },
      options,
    );
    if (report.changed > 0) await this.rebuild();
    return report;
  }

  /** Frees the bound programs and their weights, and compiles them again with the algorithms now chosen. */
  async rebuild(): Promise<void> {
    return this.#turns.run(async () => {
      await this.#creating;
      const keys = [...this.#bound.keys()].map((key) => JSON.parse(key) as Shape[]);
      this.#creating = this.#evict(0).then(() => this.#weights.destroy());
      await this.#creating;
      for (const shapes of keys)
        if (!this.#disposed) await this.bind(Object.fromEntries(this.inputs.map(({ name }, i) => [name, shapes[i]!])));
    });
  }

  async #explain(error: unknown, signal?: AbortSignal): Promise<never> {
    throw await explain(error, this.#device, signal, this.#model.label);
  }

  #check(): void {
    if (this.#disposed)
      throw new InputError({ where: this.#model.label, expected: "a live session", received: "a disposed one" });
    if (this.#lost.reason !== undefined)
      throw new DeviceError({
        where: this.#model.label,
        expected: "a working device",
        received: `a lost one (${this.#lost.reason})`,
        hint: "Request a new device and load the model again.",
      });
  }

  /** Frees all GPU memory of this session once the run in progress has ended, and the device if load() requested it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const programs = [...this.#bound.values()];
    this.#bound.clear();
    // Waits for the run in progress: destroyed weights would read as zeros.
    void Promise.allSettled([this.#turns.ended(), ...programs]).then(() => {
      for (const program of programs) void program.then((p) => p.destroy()).catch(() => undefined);
      this.#weights.destroy();
      if (this.#ownsDevice) this.#device.destroy();
    });
  }
}
