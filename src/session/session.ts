/** Loads and runs one ONNX model on a device. */
import { InputError } from "../base/errors";
import { abortable, anyOf } from "../base/abortable";
import { ownEntry } from "../base/own-entry";
import { Turns } from "../base/turns";
import { Watchdog } from "../base/watchdog";
import type { BoundProgram } from "../gpu/bound-program";
import { checkProgram } from "../gpu/check-program";
import { requestDevice } from "../gpu/device";
import { OnDevice, type OpenOptions } from "../gpu/on-device";
import { profileProgram, type Profile } from "../gpu/profile";
import { runProgram } from "../gpu/run-program";
import { storageOf } from "../gpu/storage";
import type { Engine } from "../graph/engine";
import { checkOps } from "../graph/import";
import type { Graph } from "../graph/ir";
import type { Program } from "../graph/lower/program";
import type { Elem } from "../kernels/kernel";
import { tune, type TuneOptions, type TuneReport } from "../tuning/tune";
import { readModel } from "../weights/onnx/decode";
import type { OnnxModel, OnnxValueInfo } from "../weights/onnx/types";
import { ENGINE } from "./engine";
import { copyInputs, knownShapes, type InputTensor, type Tensor } from "./inputs";
import { labelOf, readSource, type ModelSource, type SessionOptions } from "./options";
import { Programs, type Shapes } from "./programs";

export type { SessionOptions } from "./options";
export type { Precision } from "../gpu/storage";

/** An ONNX model on a device. It compiles one program per combination of input shapes and caches them. */
export class Session {
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly #model: OnnxModel;
  readonly #engine: Engine;
  readonly #options: SessionOptions;
  readonly #watchdog: Watchdog;
  readonly #defaultShapes: Shapes | undefined;
  readonly #turns = new Turns();
  readonly #closing = new AbortController();
  #on!: OnDevice<Programs>;
  #disposed = false;

  private constructor(model: OnnxModel, watchdog: Watchdog, options: SessionOptions) {
    const { engine = ENGINE, passes = [], freeze } = options;
    this.#model = model;
    this.#watchdog = watchdog;
    this.#options = options;
    this.#engine = { ...engine, passes: [...engine.passes, ...passes] };
    this.inputs = model.inputs.filter((input) => ownEntry(freeze, input.name) === undefined);
    this.outputs = model.outputs;
    this.#defaultShapes = knownShapes(this.inputs, options.inputShapes);
  }

  /**
   * Decodes the model and, when all input shapes are known, compiles it and uploads its weights. Throws DownloadError for
   * a failed download, ModelError for a damaged file, UnsupportedError naming every unsupported node, InputError for wrong
   * shapes, DeviceError when the device is missing, lost, hangs or is out of memory.
   */
  static async load(source: ModelSource, options: SessionOptions = {}): Promise<Session> {
    options.signal?.throwIfAborted();
    return abortable(Session.#load(source, options), options.signal);
  }

  /** The work of load(), which ends soon after the signal is aborted and then frees everything. */
  static async #load(source: ModelSource, options: SessionOptions): Promise<Session> {
    const { signal, externalData, device = requestDevice, precision = "auto", beat, hangTimeout } = options;
    const label = labelOf(source, options);
    // A caller that hears that work goes on watches it.
    const watchdog = new Watchdog(label, beat ? Infinity : hangTimeout);
    let session: Session | undefined;
    const on = await OnDevice.open<Programs>(
      {
        device,
        where: label,
        watchdog,
        open: async (on, how) => {
          storageOf(on, precision); // throws for an unsupported precision before the download
          if (!session) {
            const bytes = await readSource(source, options, watchdog.beat);
            session = new Session(
              await readModel(bytes, { label, externalData, signal: how.signal }),
              watchdog,
              options,
            );
          }
          return session.#open(on, how);
        },
        replaced: (programs) => void programs.close(),
      },
      signal,
    );
    session!.#on = on;
    return session!;
  }

  /** The programs on a device, with that for the default shapes bound. */
  async #open(device: GPUDevice, { safer, before, signal }: OpenOptions<Programs>): Promise<Programs> {
    const { precision = "auto", beat = this.#watchdog.beat, ...options } = this.#options;
    const used = safer && precision !== "f16-weights" ? "f32" : precision;
    const shared = device === options.device;
    const programs = new Programs(this.#model, {
      ...options,
      ...{ device, precision: used, beat, elem: storageOf(device, used), engine: this.#engine, inputs: this.inputs },
      // What another device compiled is of no use to this one.
      pipelines: shared ? options.pipelines : undefined,
      choices: shared ? options.choices : undefined,
    });
    try {
      if (before) programs.choices.adopt(before.choices);
      await programs.choices.ready;
      if (this.#defaultShapes) await programs.bind(this.#defaultShapes, signal);
      else checkOps(this.#model, this.#engine);
      signal.throwIfAborted();
      return programs;
    } catch (error) {
      void programs.close();
      throw error;
    }
  }

  get #programs(): Programs {
    return this.#on.parts;
  }

  /** Storage type of activations and weights. */
  get elem(): Elem {
    return this.#programs.elem;
  }

  /** What users of the results should know. */
  get notes(): readonly string[] {
    return [...this.#on.notes, ...this.#programs.choices.notes];
  }

  /**
   * The lowered program for these input shapes, made without the GPU: its steps, flops, bytes and memory.
   */
  plan(shapes: Shapes): Program {
    return this.#programs.plan(shapes);
  }

  /** The optimised graph for these input shapes. */
  graph(shapes: Shapes): Graph {
    return this.#programs.graph(shapes);
  }

  /**
   * A program bound for these input shapes, for inputs and outputs that stay on the GPU. It is kept and shared, and
   * stays usable until `keep` other combinations of shapes have been bound, or the device is lost.
   */
  async bind(shapes: Shapes): Promise<BoundProgram> {
    this.#check();
    return this.#programs.bind(shapes);
  }

  /** Removes a failed program from the cache, so that bind() makes a new one. The caller destroys it once no run uses it. @internal */
  forget(program: BoundProgram): Promise<void> {
    return this.#programs.forget(program);
  }

  /**
   * Runs the model once on all inputs, by name, and resolves with all outputs. Concurrent calls run one after another. The inputs are copied
   * first: the caller may change or transfer them. Where the device was requested by this session and is lost, the run is finished on another one. Throws InputError for missing, unknown or misshapen
   * inputs, DeviceError when the device is lost for good, hangs, is out of memory or refuses commands.
   */
  async run(
    inputs: Readonly<Record<string, InputTensor>>,
    options: { signal?: AbortSignal } = {},
  ): Promise<Record<string, Tensor>> {
    const { signal } = options;
    signal?.throwIfAborted();
    this.#check();
    const copies = copyInputs(this.#model.label, this.inputs, inputs, this.elem);
    const shapes = Object.fromEntries(copies.map(([name, { shape }]) => [name, shape]));
    const floats = Object.fromEntries(copies.map(([name, { data }]) => [name, data]));
    return abortable(
      this.#next(signal, async () => {
        const programs = this.#programs;
        const bound = await this.bind(shapes);
        this.#check();
        try {
          const outputs = await runProgram(programs.device, bound, floats);
          if (this.#options.check) {
            await checkProgram(programs.device, bound, this.#watchdog.beat);
          }
          return outputs;
        } catch (error) {
          await programs.forget(bound);
          bound.destroy();
          throw error;
        }
      }),
      signal,
    );
  }

  /** Runs `work` in its turn, again on another device where this one is lost. */
  #next<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      signal?.throwIfAborted();
      this.#check();
      return this.#on.run(work, signal);
    });
  }

  /**
   * Measures every step once, by GPU timestamps where the device has them, for `shapes` (default: those given at load).
   * It runs on the current contents of the input buffers. Throws InputError without shapes, DeviceError as run().
   */
  async profile(shapes: Shapes | undefined = this.#defaultShapes): Promise<Profile> {
    if (!shapes)
      throw new InputError({
        where: this.#model.label,
        expected: "input shapes to profile",
        received: "none",
        hint: "Pass inputShapes to Session.load or to profile().",
      });
    return this.#next(undefined, async () => {
      const bound = await this.#programs.bind(shapes);
      return profileProgram(this.#programs.device, bound);
    });
  }

  /**
   * Times the algorithms for each of this session's convolutions on its device and uses the fastest from then on; see
   * docs/tuning.md. Runs have priority. Programs returned by bind() become invalid. Throws the signal's reason when aborted, and an
   * AbortError where dispose() ends it.
   */
  async tune(options: TuneOptions = {}): Promise<TuneReport> {
    this.#check();
    // Otherwise an algorithm whose measurement dispose() ends would be stored as one that loses the device.
    const signal = anyOf(this.#closing.signal, options.signal);
    const turn = (): Promise<void> => {
      this.#watchdog.beat();
      return this.#turns.ended();
    };
    return this.#on.run(async () => {
      const { device, pipelines, choices } = this.#programs;
      const report = await tune({ device, pipelines, choices, engine: this.#engine, turn }, { ...options, signal });
      signal.throwIfAborted();
      if (report.changed > 0) await this.rebuild();
      return report;
    }, signal);
  }

  /** Frees the bound programs and their weights, and compiles them again with the algorithms now chosen. */
  async rebuild(): Promise<void> {
    return this.#turns.run(() => this.#programs.rebuild());
  }

  #check(): void {
    if (this.#disposed)
      throw new InputError({ where: this.#model.label, expected: "a live session", received: "a disposed one" });
  }

  /** Frees all GPU memory of this session once the run in progress has ended, and the device if load() requested it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#closing.abort();
    void this.#turns.ended().then(async () => {
      await this.#programs.close();
      this.#on.free();
    });
  }
}
