/** Reference of the spatial ops of the IR: obvious loops over NHWC tensors, summing in double precision. */
import { IDENTITY, type NodeFor, type OpAttributes, type Shape } from "../../src/graph/ir";
import { activate } from "./activation";
import { fill, type Tensor } from "./tensor";

type Shape4 = readonly [number, number, number, number];
const as4 = (shape: Shape) => shape as unknown as Shape4;

/** out[n,y,x,oc] = bias[oc] + sum over ky,kx,ic of in[n, y*s+ky*d-p, ..., g*C/groups+ic] * w[ky,kx,ic,oc]. */
export function conv(node: NodeFor<"conv">, [x, w, bias, residual]: readonly (Tensor | undefined)[]): Tensor {
  const [N, IH, IW, C] = as4(x!.shape);
  const [KH, KW, IC, OC] = as4(w!.shape);
  const { strides, pads, dilations, groups, activation, upsample: [uy, ux] = [1, 1], pool } = node.attributes;
  const [H, W] = [IH * uy, IW * ux];
  if (pool) {
    // Kernels activate the largest sum, or keep the largest of activated sums: equal only where the activation never decreases.
    const { pool: _, ...rest } = node.attributes;
    const [, ph, pw] = as4(node.shape);
    const attributes = { ...rest, activation: IDENTITY };
    const whole = conv({ ...node, shape: [N, ph * 2, pw * 2, OC], attributes }, [x, w, bias]);
    const at = (n: number, y: number, x: number, c: number) => whole.data[((n * ph * 2 + y) * pw * 2 + x) * OC + c]!;
    return fill(node.shape, ([n, y, x, c]) =>
      activate(activation, Math.max(...[0, 1, 2, 3].map((i) => at(n!, y! * 2 + (i >> 1), x! * 2 + (i & 1), c!)))),
    );
  }
  if (IC * groups !== C) throw new Error(`${node.output}: ${C} channels, weights for ${IC} x ${groups} groups`);
  const perGroup = OC / groups;
  let flat = 0;
  return fill(node.shape, ([n, oy, ox, oc]) => {
    let sum = bias === undefined ? 0 : bias.data[oc!]!;
    const first = Math.floor(oc! / perGroup) * IC;
    for (let ky = 0; ky < KH; ky++) {
      const iy = oy! * strides[0] - pads[0] + ky * dilations[0];
      if (iy < 0 || iy >= H) continue;
      for (let kx = 0; kx < KW; kx++) {
        const ix = ox! * strides[1] - pads[1] + kx * dilations[1];
        if (ix < 0 || ix >= W) continue;
        for (let ic = 0; ic < IC; ic++)
          sum +=
            x!.data[((n! * IH + Math.floor(iy / uy)) * IW + Math.floor(ix / ux)) * C + first + ic]! *
            w!.data[((ky * KW + kx) * IC + ic) * OC + oc!]!;
      }
    }
    if (residual !== undefined) sum += residual.data[flat]!;
    flat++;
    return activate(activation, sum);
  });
}

/** Every input pixel adds in[n,iy,ix,c] * w[ky,kx,oc,c] to out[n, iy*s+ky*d-p, ...]. */
export function convTranspose(node: NodeFor<"convTranspose">, [x, w, bias]: readonly (Tensor | undefined)[]): Tensor {
  const [N, H, W, C] = as4(x!.shape);
  const [KH, KW, OCG] = as4(w!.shape);
  const [, OH, OW, OC] = as4(node.shape);
  const { strides, pads, dilations, groups, activation } = node.attributes;
  const sums = new Float64Array(N * OH * OW * OC);
  for (let n = 0; n < N; n++)
    for (let iy = 0; iy < H; iy++)
      for (let ix = 0; ix < W; ix++)
        for (let c = 0; c < C; c++) {
          const group = Math.floor(c / (C / groups));
          for (let ky = 0; ky < KH; ky++)
            for (let kx = 0; kx < KW; kx++) {
              const oy = iy * strides[0] - pads[0] + ky * dilations[0];
              const ox = ix * strides[1] - pads[1] + kx * dilations[1];
              if (oy < 0 || oy >= OH || ox < 0 || ox >= OW) continue;
              for (let o = 0; o < OCG; o++) {
                const at = ((n * OH + oy) * OW + ox) * OC + group * OCG + o;
                sums[at] =
                  sums[at]! + x!.data[((n * H + iy) * W + ix) * C + c]! * w!.data[((ky * KW + kx) * OCG + o) * C + c]!;
              }
            }
        }
  const data = Float32Array.from(sums, (sum, i) => activate(activation, sum + (bias?.data[i % OC] ?? 0)));
  return { shape: node.shape, data };
}

/** Maximum or average of the taps inside the picture. */
export function pool(node: NodeFor<"pool">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const { kind, kernel, strides, pads, dilations, countIncludePad } = node.attributes;
  return fill(node.shape, ([n, oy, ox, c]) => {
    let sum = 0;
    let max = -Infinity;
    let taps = 0;
    let padded = 0;
    for (let ky = 0; ky < kernel[0]; ky++)
      for (let kx = 0; kx < kernel[1]; kx++) {
        const iy = oy! * strides[0] - pads[0] + ky * dilations[0];
        const ix = ox! * strides[1] - pads[1] + kx * dilations[1];
        // With ceil_mode a window may reach past the padding; what lies there never counts.
        if (iy < H + pads[2] && ix < W + pads[3]) padded++;
        if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
        const value = x.data[((n! * H + iy) * W + ix) * C + c!]!;
        sum += value;
        max = Math.max(max, value);
        taps++;
      }
    if (kind === "max") return max;
    return sum / (countIncludePad ? padded : taps);
  });
}

/**
 * Where output pixel `o` lies in the input, by the ONNX formula of its coordinate mode. Every step is rounded to f32,
 * as runtimes and shaders do: where a sample falls on the border of two pixels, the rounding decides.
 */
export function sourceCoordinate(
  mode: OpAttributes["resize"]["coordinates"],
  o: number,
  scale: number,
  inSize: number,
  outSize: number,
): number {
  const f32 = Math.fround;
  const halfPixel = f32(f32((o + 0.5) / f32(scale)) - 0.5);
  switch (mode) {
    case "half_pixel":
      return halfPixel;
    case "pytorch_half_pixel":
      return outSize > 1 ? halfPixel : 0;
    case "asymmetric":
      return f32(o / f32(scale));
    case "align_corners":
      return outSize > 1 ? f32((o * (inSize - 1)) / (outSize - 1)) : 0;
    case "half_pixel_symmetric": {
      const adjustment = f32(outSize / f32(f32(scale) * inSize));
      const offset = f32((inSize / 2) * f32(1 - adjustment));
      return f32(f32(offset + f32((o + 0.5) / f32(scale))) - 0.5);
    }
    default:
      return mode satisfies never;
  }
}

function nearestIndex(mode: OpAttributes["resize"]["nearest"], at: number): number {
  switch (mode) {
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    default:
      return mode satisfies never;
  }
}

/** Nearest or bilinear; samples outside the picture repeat its edge. */
export function resize(node: NodeFor<"resize">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const [, OH, OW] = as4(node.shape);
  const { mode, coordinates, nearest, scales } = node.attributes;
  const clamp = (i: number, size: number) => Math.min(size - 1, Math.max(0, i));
  return fill(node.shape, ([n, oy, ox, c]) => {
    const y = sourceCoordinate(coordinates, oy!, scales[0], H, OH);
    const xx = sourceCoordinate(coordinates, ox!, scales[1], W, OW);
    const at = (iy: number, ix: number) => x.data[((n! * H + clamp(iy, H)) * W + clamp(ix, W)) * C + c!]!;
    if (mode === "nearest") return at(nearestIndex(nearest, y), nearestIndex(nearest, xx));
    const [y0, x0] = [Math.floor(y), Math.floor(xx)];
    const [fy, fx] = [y - y0, xx - x0];
    const top = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx;
    const bottom = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx;
    return top * (1 - fy) + bottom * fy;
  });
}

/** [N,H,W,C*b*b] -> [N,H*b,W*b,C]. DCR: channel = (by*b + bx)*C + c; CRD: channel = (c*b + by)*b + bx. */
export function depthToSpace(node: NodeFor<"depthToSpace">, x: Tensor): Tensor {
  const [, H, W, IC] = as4(x.shape);
  const C = node.shape[3]!;
  const { block: b, mode } = node.attributes;
  return fill(node.shape, ([n, oy, ox, c]) => {
    const [by, bx] = [oy! % b, ox! % b];
    const channel = mode === "DCR" ? (by * b + bx) * C + c! : (c! * b + by) * b + bx;
    return x.data[((n! * H + Math.floor(oy! / b)) * W + Math.floor(ox! / b)) * IC + channel]!;
  });
}

/** [N,H*b,W*b,C] -> [N,H,W,C*b*b], output channel = (by*b + bx)*C + c. */
export function spaceToDepth(node: NodeFor<"spaceToDepth">, x: Tensor): Tensor {
  const [, H, W, C] = as4(x.shape);
  const b = node.attributes.block;
  return fill(node.shape, ([n, oy, ox, oc]) => {
    const c = oc! % C;
    const [by, bx] = [Math.floor(oc! / C / b), Math.floor(oc! / C) % b];
    return x.data[((n! * H + oy! * b + by) * W + ox! * b + bx) * C + c]!;
  });
}

/** (x - mean) / sqrt(variance + epsilon) * scale + bias, statistics over H and W of each image and channel. */
export function instanceNorm(node: NodeFor<"instanceNorm">, [x, scale, bias]: readonly (Tensor | undefined)[]): Tensor {
  const [N, H, W, C] = as4(x!.shape);
  const data = new Float32Array(x!.data.length);
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++) {
      const at = (pixel: number) => (n * H * W + pixel) * C + c;
      let mean = 0;
      for (let p = 0; p < H * W; p++) mean += x!.data[at(p)]! / (H * W);
      let variance = 0;
      for (let p = 0; p < H * W; p++) variance += (x!.data[at(p)]! - mean) ** 2 / (H * W);
      const factor = scale!.data[c]! / Math.sqrt(variance + node.attributes.epsilon);
      for (let p = 0; p < H * W; p++) data[at(p)] = (x!.data[at(p)]! - mean) * factor + bias!.data[c]!;
    }
  return { shape: node.shape, data };
}
