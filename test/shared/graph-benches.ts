/** Benchmarks of every kernel but convolution and matrix product, with sizes from the shipped networks. */
import type { Shape } from "../../src/graph/ir";
import { IDENTITY } from "../../src/graph/ir";
import { binary } from "../../src/kernels/binary";
import { depthToSpace, spaceToDepth } from "../../src/kernels/block-copy";
import { gather } from "../../src/kernels/gather";
import type { Elem, Kernel } from "../../src/kernels/kernel";
import { instanceNorm, layerNorm } from "../../src/kernels/normalize";
import { pad } from "../../src/kernels/pad";
import { pool2d } from "../../src/kernels/pool2d";
import { reduce } from "../../src/kernels/reduce";
import { resize2d } from "../../src/kernels/resize2d";
import { softmax } from "../../src/kernels/softmax";
import { concatPart, expand, slice, transpose } from "../../src/kernels/strided-copy";
import { unary } from "../../src/kernels/unary";
import { kernelCall, type KernelCall } from "./kernel-call";

export interface KernelBench extends KernelCall {
  readonly name: string;
  /** Shapes of the operands, by binding; their values do not matter. */
  readonly reads: Readonly<Record<string, Shape>>;
  /** Shape of the result. */
  readonly dst: Shape;
}

function bench<P extends { readonly elem: Elem }>(
  name: string,
  kernel: Kernel<P>,
  params: Omit<P, "elem">,
  reads: Readonly<Record<string, Shape>>,
  dst: Shape,
): KernelBench {
  return { name, ...kernelCall(kernel, params), reads, dst };
}

/** One square picture [inSide, inSide, channels], and its result [outSide, outSide, channels]. */
function squares(inSide: number, channels: number, outSide: number) {
  return { batch: 1, inHeight: inSide, inWidth: inSide, channels, outHeight: outSide, outWidth: outSide };
}

const picture: Shape = [1, 128, 128, 64];
const flat = 128 * 128 * 64;
const grid: Shape = [1, 32, 32, 256];
const around = { padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
const none = { padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 };
const plainPool = { dilations: [1, 1], countIncludePad: false } as const;
const halving = { ...plainPool, ...none, kind: "max", kernel: [2, 2], strides: [2, 2] } as const;
const averaging = { ...plainPool, ...around, kind: "average", kernel: [3, 3], strides: [1, 1] } as const;
const double = { mode: "nearest", coordinates: "asymmetric", nearest: "floor", scales: [2, 2] } as const;
const smooth = { mode: "linear", coordinates: "half_pixel", nearest: "floor", scales: [2, 2] } as const;
const size = squares(64, 128, 128);

export const graphBenches: readonly KernelBench[] = [
  bench("unary relu", unary, { count: flat, activation: { fn: "relu" } }, { src: picture }, picture),
  bench("unary tanh", unary, { count: flat, activation: { fn: "tanh" } }, { src: picture }, picture),
  bench(
    "binary add, residual",
    binary,
    { shapeA: picture, shapeB: picture, shape: picture, fn: "add", activation: { fn: "relu" } },
    { a: picture, b: picture },
    picture,
  ),
  bench(
    "binary mul, per channel",
    binary,
    { shapeA: picture, shapeB: [64], shape: picture, fn: "mul", activation: IDENTITY },
    { a: picture, b: [64] },
    picture,
  ),
  bench(
    "pool max 2x2 /2",
    pool2d,
    { ...squares(256, 128, 128), ...halving },
    { src: [1, 256, 256, 128] },
    [1, 128, 128, 128],
  ),
  bench(
    "pool average 3x3, Inception",
    pool2d,
    { ...squares(35, 192, 35), ...averaging },
    { src: [1, 35, 35, 192] },
    [1, 35, 35, 192],
  ),
  bench(
    "reduce mean, global average 8x8x1536",
    reduce,
    { outer: 1, axis: 64, inner: 1536, fn: "mean" },
    { src: [1, 64, 1536] },
    [1, 1536],
  ),
  bench("reduce max, long rows", reduce, { outer: 64, axis: 16384, inner: 1, fn: "max" }, { src: [64, 16384] }, [64]),
  bench("softmax 1000 classes", softmax, { outer: 1, axis: 1000, inner: 1 }, { src: [1, 1000] }, [1, 1000]),
  bench(
    "layer norm 1024 x 384",
    layerNorm,
    { rows: 1024, size: 384, epsilon: 1e-5, bias: true },
    { src: [1024, 384], scale: [384], bias: [384] },
    [1024, 384],
  ),
  bench(
    "instance norm 128x128x64",
    instanceNorm,
    { batch: 1, pixels: 128 * 128, channels: 64, epsilon: 1e-5 },
    { src: picture, scale: [64], bias: [64] },
    picture,
  ),
  bench(
    "transpose NHWC to NCHW",
    transpose,
    { shape: picture, perm: [0, 3, 1, 2] },
    { src: picture },
    [1, 64, 128, 128],
  ),
  bench(
    "slice channels",
    slice,
    { shape: picture, starts: [0, 0, 0, 32], steps: [1, 1, 1, 1], outShape: [1, 128, 128, 32] },
    { src: picture },
    [1, 128, 128, 32],
  ),
  bench(
    "expand embedding",
    expand,
    { shape: [1, 1, 1, 1000], outShape: [1, 32, 32, 1000] },
    { src: [1000] },
    [1, 32, 32, 1000],
  ),
  bench(
    "concat part 256 of 1256",
    concatPart,
    { shape: grid, axis: 3, offset: 0, axisTotal: 1256 },
    { src: grid },
    [1, 32, 32, 1256],
  ),
  bench(
    "pad one pixel",
    pad,
    { shape: picture, before: [0, 1, 1, 0], after: [0, 1, 1, 0], mode: "constant", value: 0 },
    { src: picture },
    [1, 130, 130, 64],
  ),
  bench(
    "gather 512 rows",
    gather,
    { shape: [1000, 384], axis: 0, count: 512 },
    { src: [1000, 384], indices: [512, 3] },
    [512, 384],
  ),
  bench("resize nearest x2", resize2d, { ...size, ...double }, { src: [1, 64, 64, 128] }, [1, 128, 128, 128]),
  bench("resize linear x2", resize2d, { ...size, ...smooth }, { src: [1, 64, 64, 128] }, [1, 128, 128, 128]),
  bench(
    "depth to space 2",
    depthToSpace,
    { batch: 1, height: 64, width: 64, channels: 256, block: 2, mode: "DCR" },
    { src: [1, 64, 64, 256] },
    picture,
  ),
  bench(
    "space to depth 2",
    spaceToDepth,
    { batch: 1, height: 128, width: 128, channels: 64, block: 2 },
    { src: picture },
    [1, 64, 64, 256],
  ),
];
