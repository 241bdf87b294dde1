/**
 * Seeded random graphs that hold every pattern that a pass looks for, whole and nearly so: a picture goes through a few
 * patterns, in any order of axes. Values stay finite and small, so that the numbers of two graphs can be compared.
 */
import {
  IDENTITY,
  sizeOf,
  type Activation,
  type BinaryFn,
  type Graph,
  type OpAttributes,
  type OpName,
  type Pads,
  type Pair,
  type Shape,
} from "../../../src/graph/ir";
import { shapesOf } from "../../../src/graph/cost";
import { randoms } from "../../shared/randoms";
import { convAttributes, makeGraph } from "../make";

/** Elements of a value above which no pattern is added, and which no pattern that repeats elements may exceed. */
const LARGE = 1200;
const LARGEST = 6000;

/** A graph in the making, and dice. */
class Draft {
  readonly g = makeGraph();
  /** Values that a later pattern may read once more. All have rank 4. */
  readonly values: string[] = [];
  /** Outputs in addition to the last value. */
  readonly promised: string[] = [];
  #state: number;
  #names = 0;

  constructor(seed: number) {
    this.#state = seed * 7919 + 1;
  }

  /** A number in [0, n) (Park and Miller's minimal standard generator). */
  roll(n: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % n;
  }

  /** True once in n times. */
  once(n: number): boolean {
    return this.roll(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.roll(list.length)]!;
  }

  /** The axes 0..rank-1, or another list, in any order. */
  shuffled<T>(list: readonly T[]): T[] {
    const left = [...list];
    return list.map(() => left.splice(this.roll(left.length), 1)[0]!);
  }

  shape(value: string): Shape {
    return shapesOf(this.g.graph()).get(value)!;
  }

  name(hint: string): string {
    return `${hint}${this.#names++}`;
  }

  node<K extends OpName>(op: K, inputs: string[], attributes: OpAttributes[K], shape?: Shape): string {
    return this.g.node(this.name(op), op, inputs, attributes, shape);
  }

  input(shape: Shape): string {
    return this.g.input(this.name("input"), shape);
  }

  constant(shape: Shape, low = -1, high = 1): string {
    return this.g.constant(this.name("const"), shape, [...randoms(sizeOf(shape), this.roll(1e6), low, high)]);
  }

  /** The same number everywhere. */
  uniform(shape: Shape, value: number): string {
    return this.g.constant(this.name("const"), shape, new Array<number>(sizeOf(shape)).fill(value));
  }

  /** The value, which in some graphs something else reads, too: a pass must not take it away. */
  shared(value: string): string {
    if (this.once(10)) this.promised.push(value);
    return value;
  }

  /** A value of this shape made earlier, or x. */
  like(x: string): string {
    const shapes = shapesOf(this.g.graph());
    const alike = this.values.filter((value) => shapes.get(value)!.join() === shapes.get(x)!.join());
    return alike.length === 0 ? x : this.pick(alike);
  }
}

/** Adds nodes that read x, of rank 4, and gives a value of rank 4; undefined where the shape does not allow it. */
type Pattern = (d: Draft, x: string) => string | undefined;

const TO_NHWC = { perm: [0, 2, 3, 1] };
const TO_NCHW = { perm: [0, 3, 1, 2] };
const CHANNELS = [1, 2, 3, 4, 4, 6, 8, 12, 20];

const unary = (d: Draft, x: string, activation: Activation): string => d.node("unary", [x], { activation });

function binary(d: Draft, fn: BinaryFn, a: string, b: string): string {
  return d.node("binary", [a, b], { fn, activation: IDENTITY });
}

const transpose = (d: Draft, x: string): string =>
  d.node("transpose", [x], { perm: d.shuffled(d.shape(x).map((_, axis) => axis)) });

/** `build` on a picture [N,H,W,C]: x as it is, or between transposes, as import writes it for NCHW models. */
function onPicture(d: Draft, x: string, build: (x: string) => string | undefined): string | undefined {
  if (d.once(2)) return build(x);
  const result = build(d.node("transpose", [x], TO_NHWC));
  return result === undefined ? undefined : d.node("transpose", [result], TO_NCHW);
}

/** One of each kind: the compiler names the missing. */
export const ACTIVATIONS: Record<Activation["fn"], Activation> = {
  identity: IDENTITY,
  relu: { fn: "relu" },
  sigmoid: { fn: "sigmoid" },
  tanh: { fn: "tanh" },
  sqrt: { fn: "sqrt" },
  exp: { fn: "exp" },
  abs: { fn: "abs" },
  neg: { fn: "neg" },
  erf: { fn: "erf" },
  gelu: { fn: "gelu" },
  geluTanh: { fn: "geluTanh" },
  log: { fn: "log" },
  reciprocal: { fn: "reciprocal" },
  floor: { fn: "floor" },
  ceil: { fn: "ceil" },
  softplus: { fn: "softplus" },
  leakyRelu: { fn: "leakyRelu", alpha: 0.2 },
  elu: { fn: "elu", alpha: 0.7 },
  hardSigmoid: { fn: "hardSigmoid", alpha: 0.3, beta: 0.4 },
  clip: { fn: "clip", min: -0.4, max: 0.6 },
};

/** Those that are finite, and not much larger than their argument, for any. */
const TAME = Object.values(ACTIVATIONS).filter(({ fn }) => !["sqrt", "log", "reciprocal", "exp"].includes(fn));

function activation(d: Draft, x: string): string {
  const chosen = d.pick(Object.values(ACTIVATIONS));
  switch (chosen.fn) {
    case "sqrt":
    case "log":
    case "reciprocal":
      return unary(d, binary(d, "max", x, d.uniform([], 0.5)), chosen);
    case "exp":
      return binary(d, "min", unary(d, x, chosen), d.uniform([], 4));
    default:
      return unary(d, x, chosen);
  }
}

const maybeActivation = (d: Draft, x: string): string => (d.once(2) ? activation(d, d.shared(x)) : x);

/** Operands of each function on which it is finite: the compiler names the missing. */
export const BINARIES: Record<BinaryFn, (d: Draft, x: string, c: string) => string> = {
  add: (d, x, c) => binary(d, "add", ...orders(d, x, c)),
  sub: (d, x, c) => binary(d, "sub", ...orders(d, x, c)),
  mul: (d, x, c) => binary(d, "mul", ...orders(d, x, c)),
  div: (d, x, c) => binary(d, "div", x, binary(d, "max", c, d.uniform([], 0.5))),
  pow: (d, x, c) => binary(d, "pow", binary(d, "max", x, d.uniform([], 0.5)), c),
  min: (d, x, c) => binary(d, "min", ...orders(d, x, c)),
  max: (d, x, c) => binary(d, "max", ...orders(d, x, c)),
  prelu: (d, x, c) => binary(d, "prelu", ...orders(d, x, c)),
  less: (d, x, c) => compared(d, "less", x, c),
  lessOrEqual: (d, x, c) => compared(d, "lessOrEqual", x, c),
  equal: (d, x, c) => compared(d, "equal", x, c),
  mask: (d, x, c) => binary(d, "mask", x, unary(d, c, { fn: "ceil" })),
};

/** x + (x fn c), of whole numbers, some of which are equal. */
function compared(d: Draft, fn: BinaryFn, x: string, c: string): string {
  const whole = (of: string): string => unary(d, of, { fn: "ceil" });
  return binary(d, "add", x, binary(d, fn, whole(x), whole(c)));
}

const orders = (d: Draft, a: string, b: string): [string, string] => (d.once(2) ? [a, b] : [b, a]);

/** Weights of this shape; values keep about their size. Sometimes a constant in another order of axes. */
function weights(d: Draft, shape: Shape, terms: number): string {
  const bound = 1.7 / Math.sqrt(terms);
  if (!d.once(4)) return d.constant(shape, -bound, bound);
  const perm = d.shuffled(shape.map((_, axis) => axis));
  const before = [...shape];
  perm.forEach((axis, i) => (before[axis] = shape[i]!));
  return d.node("transpose", [d.constant(before, -bound, bound)], { perm });
}

const bias = (d: Draft, channels: number): string => (d.once(12) ? d.input([channels]) : d.constant([channels]));

interface ConvOptions extends Partial<OpAttributes["conv"]> {
  readonly out?: number;
  readonly kernel?: Pair;
}

function conv(d: Draft, x: string, options: ConvOptions = {}, residual: readonly string[] = []): string {
  const { out = d.pick(CHANNELS), kernel: [kh, kw] = [1, 1], ...attributes } = options;
  const inner = d.shape(x)[3]! / (attributes.groups ?? 1);
  const operands = [x, weights(d, [kh, kw, inner, out], kh * kw * inner), bias(d, out), ...residual];
  // Some come with their activation, as after another run of the passes.
  const activation = d.once(8) ? d.pick(TAME) : IDENTITY;
  return d.node("conv", operands, convAttributes({ activation, ...attributes }));
}

/** A kernel that fits on the picture without pads. */
const kernelFor = (d: Draft, x: string): Pair => {
  const [, height, width] = d.shape(x);
  return [1 + d.roll(Math.min(3, height!)), 1 + d.roll(Math.min(3, width!))];
};

const padsFor = (d: Draft, [kh, kw]: Pair): Pads => [d.roll(kh + 1), d.roll(kw + 1), d.roll(kh), d.roll(kw)];

/** A convolution that keeps height and width. */
const sameSize = (d: Draft): Pick<ConvOptions, "kernel" | "pads"> =>
  d.once(2) ? {} : { kernel: [3, 3], pads: [1, 1, 1, 1] };

function anyConv(d: Draft, x: string): string {
  const kernel = kernelFor(d, x);
  const [, height, width, channels] = d.shape(x) as [number, number, number, number];
  const fits = (size: number, k: number): number => ((k - 1) * 2 < size && d.once(3) ? 2 : 1);
  const dilations: Pair = [fits(height, kernel[0]), fits(width, kernel[1])];
  const strides: Pair = [1 + d.roll(2), 1 + d.roll(2)];
  const pads: Pads = d.once(2) ? padsFor(d, kernel) : [0, 0, 0, 0];
  const grouped = d.once(4);
  if (grouped && d.once(2)) return conv(d, x, { kernel, pads, groups: channels, out: channels });
  const groups = grouped && channels % 2 === 0 ? 2 : 1;
  return conv(d, x, { kernel, pads, strides, dilations, groups, out: groups * d.pick(CHANNELS) });
}

function anyConvTranspose(d: Draft, x: string): string {
  const [batch, height, width, channels] = d.shape(x) as [number, number, number, number];
  const out = d.pick([1, 2, 4]);
  // Half of them double the size.
  const doubles = d.once(2) && 4 * batch * height * width * out <= LARGEST;
  const groups = !doubles && channels % 2 === 0 && d.once(3) ? 2 : 1;
  const strides: Pair = doubles ? [2, 2] : [1 + d.roll(2), 1 + d.roll(2)];
  const pads: Pads = doubles ? [1, 1, 0, 0] : [d.roll(2), d.roll(2), 0, 0];
  const operands = [x, weights(d, [3, 3, out, channels], 4 * channels), d.constant([out * groups])];
  const size = [(height - 1) * strides[0] + 3 - pads[0], (width - 1) * strides[1] + 3 - pads[1]];
  const shape = [batch, ...size, out * groups];
  return d.node("convTranspose", operands, convAttributes({ strides, pads, groups }), shape);
}

function anyMatmul(d: Draft, x: string): string {
  const [first, second, , inner] = d.shape(x) as [number, number, number, number];
  const out = d.pick(CHANNELS);
  const batched = d.once(4) ? [first, second] : [];
  const operands = [x, weights(d, [...batched, inner, out], inner)];
  return d.node("matmul", d.once(2) ? operands : [...operands, d.constant([out])], { activation: IDENTITY });
}

const linear = (d: Draft, x: string): string => d.pick([anyConv, anyConv, anyConvTranspose, anyMatmul])(d, x);

/** A scale or shift by a constant for each channel or for all. */
function affine(d: Draft, x: string): string {
  const channels = d.shape(x)[3]!;
  const shape = d.pick([[], [1], [channels], [channels], [1, 1, 1, channels]]);
  const c = d.once(3) ? d.constant(shape, -1.5, -0.6) : d.constant(shape, 0.6, 1.5);
  const fn = d.pick(["add", "sub", "mul", "div"] as const);
  return fn === "div" ? binary(d, fn, x, c) : binary(d, fn, ...orders(d, x, c));
}

function resize(d: Draft, x: string, scales: Pair, attributes: Partial<OpAttributes["resize"]>): string | undefined {
  const [batch, height, width, channels] = d.shape(x) as [number, number, number, number];
  const shape = [batch, Math.floor(height * scales[0]), Math.floor(width * scales[1]), channels];
  if (sizeOf(shape) > LARGEST || sizeOf(shape) === 0) return undefined;
  const plain = { mode: "nearest", coordinates: "asymmetric", nearest: "floor" } as const;
  return d.node("resize", [x], { ...plain, scales, ...attributes }, shape);
}

/** Pixels repeated a whole number of times, by each of its names. */
const repeat = (d: Draft, x: string, scales: Pair): string | undefined =>
  resize(
    d,
    x,
    scales,
    d.pick([
      {},
      { coordinates: "half_pixel", nearest: "round_prefer_floor" },
      { coordinates: "pytorch_half_pixel", nearest: "round_prefer_ceil" },
    ] as const),
  );

function anyResize(d: Draft, x: string): string | undefined {
  const scales = d.pick<Pair>([
    [2, 2],
    [1.5, 2.5],
    [0.5, 1],
  ]);
  return resize(d, x, scales, {
    mode: d.pick(["nearest", "linear"]),
    coordinates: d.pick(["half_pixel", "asymmetric", "align_corners"]),
    nearest: d.pick(["floor", "ceil", "round_prefer_floor"]),
  });
}

function anyPool(d: Draft, x: string): string | undefined {
  const [, height, width] = d.shape(x);
  if (height! < 2 || width! < 2) return undefined;
  const odd = d.once(10);
  return d.node("pool", [x], {
    kind: d.once(10) ? "average" : "max",
    kernel: [2, 2],
    strides: odd ? [1, 2] : [2, 2],
    pads: d.once(10) ? [1, 0, 0, 1] : [0, 0, 0, 0],
    dilations: [1, 1],
    countIncludePad: false,
  });
}

/** A vector [C], or one that broadcasts to it, computed from constants by each op that can be. */
const CONSTANT_VECTORS: Partial<Record<OpName, (d: Draft, channels: number) => string>> = {
  unary: (d, channels) => unary(d, d.constant([channels], 0.5, 1.5), d.pick(Object.values(ACTIVATIONS))),
  binary: (d, channels) => d.pick(Object.values(BINARIES))(d, d.constant([channels]), d.constant([])),
  reshape: (d, channels) => d.node("reshape", [d.constant([1, channels, 1])], {}, [channels]),
  transpose: (d, channels) => d.node("transpose", [d.constant([channels, 1])], { perm: [1, 0] }),
  slice: (d, channels) => d.node("slice", [d.constant([channels * 2])], { starts: [1], steps: [2] }, [channels]),
  gather: (d, channels) =>
    d.node("gather", [d.constant([channels + 1])], {
      axis: 0,
      indices: Array.from({ length: channels }, (_, i) => channels - i),
    }),
  pad: (d, channels) => {
    const [before, after] = channels > 2 ? [[1], [1]] : [[0], [0]];
    return d.node("pad", [d.constant([channels - before[0]! * 2])], { mode: "edge", before, after, value: 0 });
  },
  reduce: (d, channels) =>
    d.node("reduce", [d.constant([2, channels])], {
      fn: d.pick(["mean", "sum", "max", "min"]),
      axes: [0],
      keepDims: d.once(2),
    }),
  concat: (d, channels) =>
    d.node("concat", channels > 1 ? [d.constant([1]), d.constant([channels - 1])] : [d.constant([1])], { axis: 0 }),
  matmul: (d, channels) =>
    d.node("matmul", [d.constant([1, 3]), d.constant([3, channels]), d.constant([channels])], {
      activation: { fn: "tanh" },
    }),
  expand: (d, channels) => d.node("expand", [d.constant([1, d.once(2) ? 1 : channels])], {}, [1, channels]),
};

const all = (d: Draft, x: string, value: number): number[] => d.shape(x).map(() => value);

/** Nodes that change nothing, and some that nearly do so. */
const IDENTITIES: readonly ((d: Draft, x: string) => string)[] = [
  (d, x) => unary(d, x, IDENTITY),
  (d, x) => binary(d, "add", ...orders(d, x, d.uniform([], 0))),
  (d, x) => binary(d, "sub", ...orders(d, x, d.uniform([1], 0))),
  (d, x) => binary(d, "mul", ...orders(d, x, d.uniform(d.shape(x), 1))),
  (d, x) => binary(d, "div", x, d.uniform([d.shape(x)[3]!], 1)),
  (d, x) => binary(d, "pow", binary(d, "max", x, d.uniform([], 0.5)), d.uniform([], 1)),
  (d, x) => binary(d, "add", x, d.uniform(d.shape(x)[0] === 1 ? [2, 1, 1, 1] : [1], 0)),
  (d, x) => d.node("binary", [x, d.uniform([], 0)], { fn: "add", activation: d.pick(TAME) }),
  (d, x) => d.node("reshape", [x], {}, d.shape(x)),
  (d, x) => d.node("reshape", [d.node("reshape", [x], {}, [sizeOf(d.shape(x))])], {}, d.shape(x)),
  (d, x) => d.node("reshape", [d.node("reshape", [x], {}, [sizeOf(d.shape(x))])], {}, d.shape(x).toReversed()),
  (d, x) => d.node("expand", [x], {}, d.shape(x)),
  (d, x) => d.node("pad", [x], { mode: "constant", before: all(d, x, 0), after: all(d, x, 0), value: 1 }),
  (d, x) => d.node("slice", [x], { starts: all(d, x, 0), steps: all(d, x, 1) }, d.shape(x)),
  (d, x) => {
    const starts = d.shape(x).map((n, axis) => (axis === 1 ? n - 1 : 0));
    return d.node("slice", [x], { starts, steps: [1, -1, 1, 1] }, d.shape(x));
  },
  (d, x) => {
    const indices = Array.from({ length: d.shape(x)[2]! }, (_, i) => i);
    return d.node("gather", [x], { axis: 2, indices: d.once(2) ? indices : indices.toReversed() });
  },
  (d, x) => d.node("transpose", [x], { perm: [0, 1, 2, 3] }),
  (d, x) => d.node("concat", [x], { axis: d.roll(4) }),
];

function siblings(d: Draft, x: string): string {
  const attributes = d.pick<ConvOptions>([{}, {}, { kernel: [3, 3], pads: [1, 1, 1, 1] }]);
  const shared = d.pick(TAME);
  const members = Array.from({ length: 2 + d.roll(2) }, () => {
    const out = d.once(8) ? 3 : d.pick([4, 4, 8, 12]);
    const member = conv(d, x, { ...attributes, out });
    return d.once(10) ? activation(d, member) : unary(d, member, shared);
  });
  // Convolutions read all members, or all but one, which the concatenation of their results reads directly.
  const straight = d.once(2) ? [] : [members.pop()!];
  // One dispatch cannot read the merged value and write into its buffer, so most have a second convolution.
  const read = members.map((member) => {
    const next = conv(d, member, { ...sameSize(d), out: d.pick([4, 4, 8, 3]) });
    return d.once(3) ? next : conv(d, next, { ...sameSize(d), out: d.pick([4, 8]) });
  });
  const parts = d.once(2)
    ? [...read, ...straight]
    : d.once(4)
      ? d.shuffled([...read, ...straight])
      : [...straight, ...read];
  const joined = d.node("concat", parts, { axis: 3 });
  d.shared(d.pick(members));
  return d.once(6) ? joined : conv(d, joined, sameSize(d));
}

function residual(d: Draft, x: string): string {
  const out = d.shape(x)[3]!;
  const has = d.once(4) ? [d.like(x)] : [];
  const first = d.shared(conv(d, x, { ...sameSize(d), out }, has));
  const scaled = d.once(3) ? affine(d, first) : first;
  const other = d.pick([
    () => conv(d, x, { ...sameSize(d), out }),
    () => d.like(first),
    () => x,
    () => d.input([1, 1, 1, out]),
  ])();
  return maybeActivation(d, binary(d, "add", ...orders(d, scaled, other)));
}

/** Written out, over the channels or other axes of a picture [N,H,W,C]. */
function layerNormalisation(d: Draft, x: string): string {
  const axes = d.pick([[3], [3], [3], [2, 3], [1], [0, 3]]);
  const mean = (of: string, keepDims = true): string => d.node("reduce", [of], { fn: "mean", axes, keepDims });
  const m = mean(x);
  const difference = d.shared(binary(d, "sub", x, m));
  const again = d.once(3) ? binary(d, "sub", x, d.once(8) ? mean(d.like(x)) : mean(x)) : difference;
  const variance = mean(binary(d, "mul", again, again));
  const deviation = unary(d, binary(d, "add", variance, d.uniform([], 0.1)), { fn: "sqrt" });
  const normal = d.shared(binary(d, "div", difference, deviation));
  if (d.once(6)) return normal;
  const row = d.pick([[d.shape(x)[3]!], [1, 1, 1, d.shape(x)[3]!], d.shape(x).slice(axes[0]), []]);
  const scaled = d.shared(binary(d, "mul", ...orders(d, normal, d.constant(row))));
  return maybeActivation(d, d.once(6) ? scaled : binary(d, "add", ...orders(d, scaled, d.constant(row))));
}

/** A vector repeated over the picture and joined with it, in either order of axes, goes into a convolution. */
function tileConcat(d: Draft, x: string): string {
  const axis = d.pick([1, 3]);
  const [rank, shape] = [4, d.shape(x)];
  const part = (): string => {
    const length = d.pick([1, 2, 5]);
    // Sometimes another vector for each of the batch, which stays.
    const batch = d.once(5) ? shape[0]! : 1;
    const only = Array.from({ length: rank }, (_, i) => (i === axis ? length : i === 0 ? batch : 1));
    const vector = d.pick([
      () => d.input(only),
      () => d.constant(only),
      () => d.node("reshape", [d.input([batch, length])], {}, only),
    ])();
    return d.node(
      "expand",
      [vector],
      {},
      shape.map((n, i) => (i === axis ? length : n)),
    );
  };
  const parts = [x, part(), ...(d.once(3) ? [part()] : []), ...(d.once(3) ? [d.like(x)] : [])];
  const joined = d.shared(d.node("concat", d.shuffled(parts), { axis }));
  const picture = axis === 1 ? d.node("transpose", [joined], TO_NHWC) : joined;
  const kernel: Pair = d.once(2) ? [1, 1] : kernelFor(d, picture);
  const pads: Pads = d.once(5) ? padsFor(d, kernel) : [0, 0, 0, 0];
  const result = maybeActivation(d, conv(d, picture, { kernel, pads }));
  return axis === 1 ? d.node("transpose", [result], TO_NCHW) : result;
}

/** Ops that a transpose can pass. */
const ANY_ORDER: Readonly<Record<string, Pattern>> = {
  activation,
  binary: (d, x) => {
    const operand = d.shape(x).slice(d.roll(5)).map((n) => (d.once(3) ? 1 : n)); // prettier-ignore
    const c = d.once(3) ? d.input(operand) : d.constant(operand);
    return d.pick(Object.values(BINARIES))(d, x, c);
  },
  sum: (d, x) => binary(d, "add", x, d.like(x)),
  concat: (d, x) => d.node("concat", [x, d.once(3) ? d.constant(d.shape(x)) : d.like(x)], { axis: d.roll(4) }),
  slice: (d, x) => {
    const shape = d.shape(x);
    const starts = shape.map((n) => (n > 2 ? d.roll(2) : 0));
    const flip = d.roll(4);
    const steps = shape.map((_, axis) => (axis === flip ? -1 : 1));
    const size = shape.map((n, axis) => n - starts[axis]!);
    const first = starts.map((start, axis) => (axis === flip ? shape[axis]! - 1 : start));
    return d.node("slice", [x], { starts: first, steps }, size);
  },
  pad: (d, x) => {
    const mode = d.pick(["constant", "edge", "reflect"] as const);
    const most = d.shape(x).map((n) => (mode === "reflect" && n === 1 ? 1 : 2));
    const [before, after] = [most.map((n) => d.roll(n)), most.map((n) => (d.once(3) ? d.roll(n) : 0))];
    return d.node("pad", [x], { mode, before, after, value: 2 });
  },
  "reduce that keeps axes": (d, x) =>
    d.node("reduce", [x], {
      fn: d.pick(["mean", "sum", "max", "min"]),
      axes: d.pick([[1], [0, 2], [3]]),
      keepDims: true,
    }),
  "reduce that drops axes": (d, x) => {
    const axes = d.pick([[1], [0, 3]]);
    const t = transpose(d, d.node("reduce", [x], { fn: "mean", axes, keepDims: false }));
    return d.node("reshape", [t], {}, [...axes.map(() => 1), ...d.shape(t)]);
  },
  softmax: (d, x) => d.node("softmax", [x], { axis: d.roll(4) }),
  expand: (d, x) => {
    const shape = d.shape(x).map((n) => (n === 1 ? 2 : n));
    return sizeOf(shape) > LARGEST ? undefined : d.node("expand", [x], {}, shape);
  },
  gather: (d, x) => {
    const axis = d.roll(4);
    return d.node("gather", [x], { axis, indices: [d.shape(x)[axis]! - 1, 0] });
  },
  reshape: (d, x) => {
    const [first, second, third, fourth] = d.shape(x) as [number, number, number, number];
    return d.node("reshape", [x], {}, [1, first * second, third, fourth]);
  },
};

/** What passes look for, by names. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  convolution: (d, x) => onPicture(d, x, (p) => maybeActivation(d, anyConv(d, p))),
  "pool behind a convolution": (d, x) =>
    onPicture(d, x, (p) => {
      const groups = d.once(6) && d.shape(p)[3]! % 2 === 0 ? 2 : 1;
      const c = conv(d, p, { ...sameSize(d), groups, out: groups * d.pick(CHANNELS) });
      const sum = d.once(8) ? binary(d, "add", c, d.like(c)) : c;
      const { identity, relu, leakyRelu, clip, tanh } = ACTIVATIONS;
      const rising = d.pick([identity, relu, leakyRelu, clip, tanh]);
      return anyPool(d, d.shared(d.once(3) ? activation(d, sum) : unary(d, sum, rising)));
    }),
  "resize before a convolution": (d, x) =>
    onPicture(d, x, (p) => {
      const factors = d.pick<Pair>([[2, 2], [2, 2], [3, 2], [1, 4], [5, 4]]); // prettier-ignore
      const r = repeat(d, p, factors);
      if (r === undefined) return undefined;
      d.shared(r);
      const kernel = kernelFor(d, r);
      const c = conv(d, r, { kernel, pads: padsFor(d, kernel), strides: d.once(6) ? [2, 2] : [1, 1] });
      return maybeActivation(d, d.once(3) ? binary(d, "add", c, d.input(d.shape(c))) : c);
    }),
  "sibling convolutions": (d, x) => onPicture(d, x, (p) => siblings(d, p)),
  "residual sum": (d, x) => onPicture(d, x, (p) => residual(d, p)),
  "affine after": (d, x) =>
    onPicture(d, x, (p) => {
      const once = affine(d, d.shared(linear(d, p)));
      return maybeActivation(d, d.once(2) ? affine(d, once) : once);
    }),
  "affine before": (d, x) =>
    onPicture(d, x, (p) => {
      const once = d.shared(affine(d, p));
      return linear(d, d.once(2) ? affine(d, once) : once);
    }),
  "layer normalisation": (d, x) => onPicture(d, x, (p) => layerNormalisation(d, p)),
  "tile and concat": tileConcat,
  transpose,
  "transposes around ops of any order": (d, x) => {
    const names = Object.keys(ANY_ORDER);
    let value = transpose(d, x);
    for (let i = 1 + d.roll(2); i > 0; i--) value = ANY_ORDER[d.pick(names)]!(d, value) ?? value;
    return transpose(d, value);
  },
  "constants to compute": (d, x) => {
    const make = (): string => d.pick(Object.values(CONSTANT_VECTORS))(d, d.shape(x)[3]!);
    const c = d.shared(d.once(2) ? make() : binary(d, d.pick(["add", "mul"]), make(), make()));
    return d.pick(Object.values(BINARIES))(d, x, c);
  },
  identity: (d, x) => d.pick(IDENTITIES)(d, x),
  "node that nothing reads": (d, x) => {
    d.pick([affine, transpose, activation])(d, x);
    return activation(d, x);
  },
};

/** What may be around them. */
export const OTHERS: Readonly<Record<string, Pattern>> = {
  activation,
  "op of any order": (d, x) => d.pick(Object.values(ANY_ORDER))(d, x),
  "matrix product": (d, x) => maybeActivation(d, anyMatmul(d, x)),
  "transposed convolution": (d, x) => onPicture(d, x, (p) => maybeActivation(d, anyConvTranspose(d, p))),
  resize: (d, x) => onPicture(d, x, (p) => anyResize(d, p)),
  pool: (d, x) => onPicture(d, x, (p) => anyPool(d, p)),
  normalization: (d, x) => {
    const axis = 1 + d.roll(3);
    const shape = d.shape(x).slice(axis);
    const layer = (): string => d.node("layerNorm", [x, d.constant(shape), d.constant(shape)], { axis, epsilon: 0.1 });
    const instance = (p: string): string => {
      const channels = d.shape(p)[3]!;
      return d.node("instanceNorm", [p, d.constant([channels]), d.constant([channels])], { epsilon: 0.1 });
    };
    return d.once(2) ? layer() : onPicture(d, x, instance);
  },
  "depth to space": (d, x) =>
    onPicture(d, x, (p) =>
      d.shape(p)[3]! % 4 === 0 ? d.node("depthToSpace", [p], { block: 2, mode: d.pick(["DCR", "CRD"]) }) : undefined,
    ),
  "space to depth": (d, x) =>
    onPicture(d, x, (p) =>
      d
        .shape(p)
        .slice(1, 3)
        .every((n) => n % 2 === 0)
        ? d.node("spaceToDepth", [p], { block: 2 })
        : undefined,
    ),
};

interface RandomGraph {
  readonly graph: Graph;
  /** Names of PATTERNS and OTHERS. */
  readonly patterns: readonly string[];
  /** Values for the inputs. */
  readonly inputs: Readonly<Record<string, Float32Array>>;
}

/** In some of the graphs an input "grey" [N,3,H,W], which only convolutions read, has three times the same plane. */
export function randomGraph(seed: number): RandomGraph {
  const d = new Draft(seed);
  const [batch, height, width] = [1 + d.roll(2), 3 + d.roll(4), 3 + d.roll(4)];
  const grey = d.once(3);
  let x: string;
  if (grey) {
    d.g.input("grey", [batch, 3, height, width]);
    const picture = d.node("transpose", ["grey"], TO_NHWC);
    const c = conv(d, picture, sameSize(d));
    x = d.once(2) ? c : binary(d, "add", c, conv(d, picture, { ...sameSize(d), out: d.shape(c)[3]! }));
  } else x = d.g.input("x", [batch, height, width, d.pick(CHANNELS)]);
  if (!grey || d.once(2)) d.values.push(x);

  const patterns: string[] = [];
  for (let i = 2 + d.roll(6); i > 0 && sizeOf(d.shape(x)) <= LARGE; i--) {
    const [name, pattern] = d.pick(Object.entries(d.once(3) ? OTHERS : PATTERNS));
    const next = pattern(d, x);
    if (next === undefined) continue;
    patterns.push(name);
    x = next;
    d.values.push(x);
  }
  if (d.once(4)) {
    const factor = 1 + d.roll(3);
    const last = repeat(d, conv(d, x), d.once(4) ? [factor, 1] : [factor, factor]);
    if (last !== undefined) x = d.once(2) ? d.node("transpose", [maybeActivation(d, last)], TO_NCHW) : last;
  }
  const made = d.g.graph().nodes.some(({ output }) => output === x) ? x : unary(d, x, IDENTITY);
  const others = d.once(3) && d.values.length > 0 ? [...d.promised, d.pick(d.values)] : d.promised;
  const graph = d.g.graph(...new Set([made, ...others]));
  const inputs = graph.inputs.map(({ name, shape }, i) => {
    const data = randoms(sizeOf(shape), seed + i);
    if (name !== "grey") return [name, data];
    const plane = height * width;
    const image = 3 * plane;
    return [name, data.map((_, at) => data[Math.floor(at / image) * image + (at % plane)]!)];
  });
  return { graph, patterns, inputs: Object.fromEntries(inputs) as Record<string, Float32Array> };
}
