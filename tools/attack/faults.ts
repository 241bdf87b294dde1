/** Devices that fail at a chosen call: the result is right, or there is a typed error, and the next result is right. */
import { Colorizer } from "../../src/colorizer/colorizer";
import { requestNodeDevice } from "../../src/node/device";
import { Session } from "../../src/session/session";
import { randoms } from "../../test/shared/randoms";
import { FAULTS, faulty, type Fault } from "../../test/shared/faults";
import { trackLive } from "../../test/shared/live-memory";
import { FAILURES, Trouble, type Failure } from "../../test/shared/losses";
import { tinyReader } from "../../test/shared/tiny-model";
import { buildModel, node } from "../onnx-writer";
import { Finding, fromJsonInput, jsonInput, whole, type Attack, type Checked } from "./attack";
import { expectLive, refusal } from "./promises";

/** One fault: in which work, of which kind, and at which of the calls that can fail. */
interface Input {
  readonly work: keyof typeof WORK;
  readonly fault: Fault | Failure;
  /** Modulo the number of calls. */
  readonly call: number;
}

/** Milliseconds without progress after which what never answers is given up; a software driver has ten times as many. */
const HANG = 100;

const picture = { width: 24, height: 16, data: Uint8Array.from(randoms(24 * 16 * 4, 3, 0, 256), Math.floor) };
const wide = { width: 60, height: 9, data: Uint8Array.from(randoms(60 * 9 * 4, 5, 0, 256), Math.floor) };

const network = buildModel({
  inputs: [{ name: "x", shape: [1, 4, "h", "w"] }],
  outputs: [{ name: "y" }],
  nodes: [
    node("Conv", ["x", "weights"], ["a"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    node("Softmax", ["a"], ["b"], { axis: 1 }),
    node("AveragePool", ["b"], ["y"], { kernel_shape: [2, 2] }),
  ],
  initializers: [{ name: "weights", shape: [4, 4, 3, 3], data: randoms(144, 5) }],
});

/** Something that is loaded, works on the device, and can be freed. */
interface Loaded {
  /** Gives the same numbers, of 0 to 255, every time. */
  work(): Promise<ArrayLike<number>>;
  dispose(): void;
}

async function colorizer(device: GPUDevice | (() => Promise<GPUDevice>), hangTimeout?: number): Promise<Loaded> {
  const loaded = await Colorizer.load({
    model: "tiny",
    read: tinyReader(),
    device,
    precision: "f32",
    hangTimeout,
  });
  const work = async (): Promise<ArrayLike<number>> => {
    const first = await loaded.colorize(picture);
    const strong = await first.withSaturation(2);
    const small = await first.withSize(32);
    return [first, strong, small, await loaded.colorize(wide)].flatMap(({ data }) => [...data]);
  };
  return { work, dispose: () => loaded.dispose() };
}

/** Another look of a picture that was predicted before: the last stage only. */
async function look(device: GPUDevice, hangTimeout?: number): Promise<Loaded> {
  const loaded = await Colorizer.load({
    model: "tiny",
    read: tinyReader(),
    device,
    precision: "f32",
    hangTimeout,
  });
  const result = await loaded.colorize(picture);
  return { work: async () => (await result.withSaturation(2)).data, dispose: () => loaded.dispose() };
}

async function session(device: GPUDevice, hangTimeout?: number): Promise<Loaded> {
  const loaded = await Session.load(network, { device, precision: "f32", keep: 1, hangTimeout });
  const run = async (h: number, w: number): Promise<number[]> => {
    const { y } = await loaded.run({ x: { data: randoms(4 * h * w, h, 0, 9), shape: [1, 4, h, w] } });
    return [...y!.data].map((value) => 255 * value);
  };
  const work = async (): Promise<number[]> => [...(await run(5, 7)), ...(await run(5, 7)), ...(await run(6, 3))];
  return { work, dispose: () => loaded.dispose() };
}

/** A device whose calls may fail, and requests for such devices, which may fail, too. */
interface Source {
  readonly request: () => Promise<GPUDevice>;
  readonly device: () => Promise<GPUDevice>;
}

/** The work that faults interrupt: with a device of its own that may be replaced, or with one that the caller keeps. */
const WORK = {
  "load and colour": {
    loading: true,
    kept: false,
    load: ({ request }: Source, hang?: number) => colorizer(request, hang),
  },
  colour: {
    loading: false,
    kept: true,
    load: async ({ device }: Source, hang?: number) => colorizer(await device(), hang),
  },
  "another look": {
    loading: false,
    kept: true,
    load: async ({ device }: Source, hang?: number) => look(await device(), hang),
  },
  "load and run": {
    loading: true,
    kept: true,
    load: async ({ device }: Source, hang?: number) => session(await device(), hang),
  },
  run: { loading: false, kept: true, load: async ({ device }: Source, hang?: number) => session(await device(), hang) },
} as const;

const KINDS: readonly Input["fault"][] = [...FAULTS, ...FAILURES];

function differs(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  return a.length !== b.length || Array.from(a).some((value, i) => !(Math.abs(value - b[i]!) <= 2));
}

/** Devices on which the fault will happen. */
class Failing implements Source {
  readonly #trouble = new Trouble();
  readonly #devices: GPUDevice[] = [];
  #faulty: ReturnType<typeof faulty> | undefined;
  #call = -1;
  readonly live: (() => number)[] = [];
  readonly #fault: Fault | Failure;

  constructor(fault: Fault | Failure) {
    this.#fault = fault;
  }

  readonly request = (): Promise<GPUDevice> =>
    this.#isFault ? this.device() : this.#trouble.request(() => this.#make());

  readonly device = async (): Promise<GPUDevice> => {
    const device = await this.#make();
    if (!this.#isFault) return this.#trouble.on(device);
    // The first device only; faults that are no losses leave it in use.
    this.#faulty ??= faulty(device);
    this.#faulty.arm(this.#fault as Fault, this.#call);
    return device;
  };

  get #isFault(): boolean {
    return (FAULTS as readonly string[]).includes(this.#fault);
  }

  async #make(): Promise<GPUDevice> {
    const device = await requestNodeDevice();
    this.live.push(trackLive(device));
    this.#devices.push(device);
    return device;
  }

  /** From the next call on; -1 for no fault. */
  arm(call: number): void {
    this.#call = call;
    this.#faulty?.arm(this.#fault as Fault, call);
    this.#trouble.arm(this.#fault as Failure, call < 0 ? Infinity : call);
  }

  get calls(): number {
    return this.#faulty?.calls ?? this.#trouble.calls;
  }

  get fired(): boolean {
    return this.#faulty?.fired ?? this.#trouble.fired > 0;
  }

  destroy(): void {
    for (const device of this.#devices) device.destroy();
  }
}

/** By work and kind of fault: the calls that can fail, and the right numbers. */
const calm = new Map<string, Promise<{ readonly calls: number; readonly expected: ArrayLike<number> }>>();

async function withoutFault({
  work,
  fault,
}: Input): Promise<{ readonly calls: number; readonly expected: ArrayLike<number> }> {
  const { loading, load } = WORK[work];
  const failing = new Failing(fault);
  failing.arm(-1);
  const loaded = await load(failing);
  if (!loading || failing.calls === 0) failing.arm(-1);
  const expected = await loaded.work();
  const { calls } = failing;
  loaded.dispose();
  failing.destroy();
  return { calls, expected };
}

async function check(bytes: Uint8Array): Promise<Checked> {
  const input = fromJsonInput<Input>(bytes);
  const key = `${input.work}, ${input.fault}`;
  if (!calm.has(key)) calm.set(key, withoutFault(input));
  const { calls, expected } = await calm.get(key)!;
  if (calls === 0) return { outcome: "no such call" };
  const { loading, kept, load } = WORK[input.work];
  const failing = new Failing(input.fault);
  const call = input.call % calls;
  const place = (text: string): Finding => new Finding(`${key}, call ${call}: ${text}`);
  let loaded: Loaded | undefined;
  let outcome: string;
  try {
    if (loading) failing.arm(call);
    loaded = await load(failing, input.fault === "silent" ? HANG : undefined);
    if (!loading) failing.arm(call);
    if (differs(await loaded.work(), expected)) throw place("a wrong result without an error");
    outcome = failing.fired ? `${input.fault}: the right result` : "not reached";
  } catch (error) {
    if (error instanceof Finding) throw error;
    if (!failing.fired) throw place(`an error without a fault: ${String(error)}`);
    outcome = `${input.fault}: ${refusal(error)}`;
  }
  failing.arm(-1);
  const usable = kept && input.fault !== "lost" && input.fault !== "silent";
  if (loaded && usable && differs(await loaded.work(), expected)) throw place("afterwards another result");
  loaded?.dispose();
  if (usable) for (const live of failing.live) await expectLive(live, 0);
  failing.destroy();
  return { outcome };
}

/** Each kind twice, in different work. */
async function corpus(): Promise<Record<string, Uint8Array>> {
  const works = Object.keys(WORK) as Input["work"][];
  const inputs = KINDS.flatMap((fault, i) =>
    [i, i + 2].map((k): Input => ({ work: works[k % works.length]!, fault, call: 7 * i })),
  );
  const named = inputs.map(
    (input) => [`${input.work}-${input.fault}.json`.replaceAll(" ", "-"), jsonInput(input)] as const,
  );
  return Object.fromEntries(named);
}

export const faults: Attack = {
  name: "faults",
  about: "calls of the device that throw, reject, lose it, refuse, run out of memory, do nothing or never answer",
  share: 4,
  seconds: 5,
  memory: 4e8,
  invent: (dice) => {
    const work = dice.pick(Object.keys(WORK) as Input["work"][]);
    return whole(jsonInput({ work, fault: dice.pick(KINDS), call: dice.below(2000) } satisfies Input));
  },
  corpus,
  check,
};
