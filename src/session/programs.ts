/** The programs of one model on one device: compiled for shapes of its inputs, kept, and freed. */
import { DeviceError, InputError } from "../base/errors";
import { ownEntry } from "../base/own-entry";
import { Pacer } from "../base/pacer";
import { BoundProgram } from "../gpu/bound-program";
import { describeDevice } from "../gpu/device";
import { lossOf } from "../gpu/device-loss";
import { explain } from "../gpu/explain";
import { PipelineCache } from "../gpu/pipelines";
import { WeightStore } from "../gpu/weight-store";
import type { Engine } from "../graph/engine";
import { importing, importModel } from "../graph/import";
import type { Graph, Shape } from "../graph/ir";
import { ConvChoices } from "../graph/lower/conv-choice";
import { lower, lowering } from "../graph/lower/lower";
import type { LowerOptions } from "../graph/lower/program-builder";
import type { Program } from "../graph/lower/program";
import { optimize, optimizing } from "../graph/optimize";
import { DEFAULT_CHOICE } from "../kernels/conv/algorithms";
import type { Elem } from "../kernels/kernel";
import { checkChoices } from "../tuning/check-choices";
import { keepChecks } from "../tuning/store";
import type { OnnxModel, OnnxValueInfo } from "../weights/onnx/types";
import type { SessionOptions } from "./options";

/** Shapes by input name. */
export type Shapes = Readonly<Record<string, Shape>>;

interface ProgramsOptions extends Pick<SessionOptions, "freeze" | "precision" | "keep" | "pipelines"> {
  // As in SessionOptions, whose published types leave them out.
  readonly choices?: ConvChoices;
  readonly beat?: () => void;
  readonly device: GPUDevice;
  readonly engine: Engine;
  /** Storage type of activations and weights. */
  readonly elem: Elem;
  /** The model's inputs that are not frozen. */
  readonly inputs: readonly OnnxValueInfo[];
}

export class Programs {
  readonly device: GPUDevice;
  readonly elem: Elem;
  readonly pipelines: PipelineCache;
  readonly choices: ConvChoices;
  readonly #model: OnnxModel;
  readonly #options: ProgramsOptions;
  /** How programs choose algorithms: `choices`, or its `small` for precision "f16-weights". */
  readonly #convs: Pick<ConvChoices, "choose" | "record">;
  readonly #weights: WeightStore;
  readonly #keep: number;
  readonly #bound = new Map<string, Promise<BoundProgram>>();
  #creating: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(model: OnnxModel, options: ProgramsOptions) {
    const { device, elem, engine, keep = 4, precision } = options;
    this.#model = model;
    this.#options = options;
    this.device = device;
    this.elem = elem;
    this.pipelines = options.pipelines ?? new PipelineCache(device);
    this.choices = options.choices ?? new ConvChoices(device, engine.convolutions);
    if (!options.choices) keepChecks(device, this.choices);
    this.#convs = precision === "f16-weights" ? this.choices.small : this.choices;
    this.#weights = new WeightStore(device, elem);
    this.#keep = Math.max(1, keep);
  }

  /** The lowered program for these input shapes, made without the GPU. */
  plan(shapes: Shapes): Program {
    return lower(this.graph(shapes), this.#options.engine, this.#lowering(this.#convs.choose));
  }

  #lowering(chooseConv: ConvChoices["choose"]): LowerOptions {
    return { elem: this.elem, chooseConv, bindingBytes: this.device.limits.maxStorageBufferBindingSize };
  }

  /** The optimised graph for these input shapes. */
  graph(shapes: Shapes): Graph {
    const { engine, freeze } = this.#options;
    return optimize(importModel(this.#model, engine, { inputShapes: shapes, freeze }), engine);
  }

  /** A bound program, which is kept. The signal stops the work for all that share the program. Throws DeviceError. */
  bind(shapes: Shapes, signal?: AbortSignal): Promise<BoundProgram> {
    this.#check();
    const key = JSON.stringify(this.#options.inputs.map(({ name }) => ownEntry(shapes, name) ?? null));
    let bound = this.#bound.get(key);
    if (bound) this.#bound.delete(key);
    else {
      // Programs are created one after another, so that the next one finds the weights that this one uploads.
      bound = Promise.all([this.#creating, this.#evict()]).then(() => this.#create(shapes, signal));
      bound = bound.catch(async (error: unknown) => {
        throw await explain(error, this.device, signal, this.#model.label);
      });
      this.#creating = bound.catch(() => undefined);
    }
    this.#bound.set(key, bound);
    // The map may hold a newer program for this key by then.
    bound.catch(() => this.#bound.get(key) === bound && this.#bound.delete(key));
    return bound;
  }

  /** Removes a failed program from those that are kept, so that bind() makes a new one. The caller destroys it once no run uses it. */
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
    shapes: Shapes,
    signal: AbortSignal | undefined,
    chooseConv = this.#convs.record,
  ): Promise<BoundProgram> {
    const { engine, freeze, beat } = this.#options;
    const pacer = new Pacer(signal, beat);
    const imported = await pacer.finish(importing(this.#model, engine, { inputShapes: shapes, freeze }));
    const graph = await pacer.finish(optimizing(imported, engine));
    const program = await pacer.finish(lowering(graph, engine, this.#lowering(chooseConv)));
    const [{ device, pipelines }, weights, { constants }] = [this, this.#weights, graph];
    const [made, checked] = await Promise.allSettled([
      BoundProgram.create(device, program, engine.kernels, constants, pipelines, weights, pacer),
      this.#wrongChoices(pacer),
    ]);
    const wrong = checked.status === "fulfilled" ? checked.value : [];
    if (made.status === "fulfilled") {
      if (checked.status === "fulfilled" && wrong.length === 0) return made.value;
      made.value.destroy();
    }
    if (wrong.includes(DEFAULT_CHOICE))
      throw new DeviceError({
        where: this.#model.label,
        expected: "a GPU that computes convolutions as the processor does",
        received: `other numbers on ${describeDevice(device)}`,
        hint: "Update the graphics driver, or try another browser.",
      });
    // Each time, choices that are wrong or fail to run go out of use.
    if (wrong.length > 0) return this.#create(shapes, signal);
    // The chosen algorithms may need too much memory, or fail in this program alone: fall back to the default algorithm everywhere.
    const { recordDefault } = this.choices;
    const last = chooseConv === recordDefault || this.#convs !== this.choices;
    if (lossOf(device).reason === undefined && !signal?.aborted && !last)
      return this.#create(shapes, signal, recordDefault);
    throw (made.status === "rejected" ? made : (checked as PromiseRejectedResult)).reason;
  }

  /** Those among the chosen algorithms that compute wrong numbers here or fail to run. */
  async #wrongChoices(pacer: Pacer): Promise<readonly string[]> {
    const { device, pipelines, choices } = this;
    return choices.checking.run(async () => {
      if (choices.unchecked().length === 0) return [];
      const wrong = await checkChoices({ device, pipelines, choices, engine: this.#options.engine }, pacer);
      return wrong.map(({ choice }) => choice);
    });
  }

  /** Frees the bound programs and their weights, and compiles them again with the algorithms now chosen. */
  async rebuild(): Promise<void> {
    const { inputs } = this.#options;
    await this.#creating;
    const keys = [...this.#bound.keys()].map((key) => JSON.parse(key) as Shape[]);
    this.#creating = this.#evict(0).then(() => this.#weights.destroy());
    await this.#creating;
    for (const shapes of keys)
      if (!this.#closed) await this.bind(Object.fromEntries(inputs.map(({ name }, i) => [name, shapes[i]!])));
  }

  #check(): void {
    const where = this.#model.label;
    if (this.#closed) throw new InputError({ where, expected: "a live session", received: "a disposed one" });
    const { reason } = lossOf(this.device);
    if (reason === undefined) return;
    const hint = "Request a new device and load the model again.";
    throw new DeviceError({ where, expected: "a working device", received: `a lost one (${reason})`, hint });
  }

  /** Frees all GPU memory once `runs` and the programs in the making have ended: destroyed weights would read as zeros. Never throws. */
  async close(runs?: Promise<unknown>): Promise<void> {
    this.#closed = true;
    const programs = [...this.#bound.values()];
    this.#bound.clear();
    await Promise.allSettled([runs, ...programs]);
    for (const program of programs) await program.then((p) => p.destroy()).catch(() => undefined);
    try {
      this.#weights.destroy();
    } catch {
      return; // a device that throws here cannot be freed
    }
  }
}
