/** The contenders that run a subject (this engine and its peers), behind one interface. */
import type * as Ort from "onnxruntime-common";
import { Session } from "../src/session/session";
import type { Elem } from "../src/kernels/kernel";
import { DEFAULT_CHOICE } from "../src/kernels/conv/algorithms";
import type { TuneReport } from "../src/tuning/tune";
import type { Tuning } from "./rows";
import type { SubjectCase } from "./subjects";

export type OrtModule = Pick<typeof Ort, "InferenceSession" | "Tensor">;

export interface Prepared {
  /** Uploads the inputs, runs, reads the output back. */
  run(): Promise<Float32Array>;
  /** Tunes the contender, between the first run and the timed runs. */
  tune?(milliseconds: number, onProgress: () => void): Promise<Tuning>;
  dispose(): void | Promise<void>;
  readonly flops?: number;
}

export interface Contender {
  readonly name: string;
  readonly elem: Elem;
  readonly ours: boolean;
  /** Whether this is the tuned engine, which runs only where the benefit of tuning is measured. */
  readonly tuned?: boolean;
  /** Whether it supports this subject. */
  takes?(subject: SubjectCase): boolean;
  /** Loads the model from its bytes; "cold" is the time of this and the first run. */
  prepare(subject: SubjectCase): Promise<Prepared>;
}

/** This engine. `device` exists before the time starts, as for every contender. */
export function engine(elem: Elem, device: () => Promise<GPUDevice>, tuned = false): Contender {
  return {
    name: `colorize-canvas ${elem}${tuned ? " tuned" : ""}`,
    elem,
    ours: true,
    tuned,
    async prepare({ name, bytes, shapes, feeds, output }) {
      const session = await Session.load(bytes, {
        device: await device(),
        precision: elem,
        inputShapes: shapes,
        label: name,
      });
      return {
        flops: session.plan(shapes).flops,
        run: async () => (await session.run(feeds))[output]!.data,
        tune: async (milliseconds, onProgress) => tuningOf(await session.tune({ milliseconds, onProgress })),
        dispose: () => session.dispose(),
      };
    },
  };
}

/** A summary of the measurements for the result file. */
function tuningOf({ milliseconds, stopped, rows, shapes }: TuneReport): Tuning {
  const chosen = new Map(shapes.map(({ key, choice }) => [key, choice]));
  return {
    milliseconds,
    stopped,
    shapes: rows.map((row) => ({
      key: row.key,
      count: row.count,
      flops: row.flops,
      choice: chosen.get(row.key) ?? DEFAULT_CHOICE,
      tried: {
        [DEFAULT_CHOICE]: row.milliseconds,
        ...Object.fromEntries(row.results.map((r) => [r.choice, r.milliseconds ?? r.problem ?? "not timed"])),
      },
    })),
  };
}

/** onnxruntime-node and onnxruntime-web have the same interface. `load` imports the package. */
export function onnxruntime(
  name: string,
  load: () => Promise<OrtModule>,
  options: Ort.InferenceSession.SessionOptions,
): Contender {
  return {
    name,
    elem: "f32",
    ours: false,
    async prepare({ bytes, feeds, output }) {
      const { InferenceSession, Tensor } = await load();
      const session = await InferenceSession.create(bytes, options);
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([input, { data, shape }]) => [input, new Tensor("float32", data, [...shape])]),
      );
      return {
        run: async () => (await (await session.run(tensors))[output]!.getData()) as Float32Array,
        dispose: () => session.release(),
      };
    },
  };
}
