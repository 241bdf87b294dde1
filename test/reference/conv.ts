/** Slow, obvious convolutions and matrix products on NHWC arrays, accumulated in float64. */
import type { WindowParams } from "../../src/kernels/window";

/** src [N,H,W,C], weights [KH,KW,C/groups,OC], bias [OC], residual [N,OH,OW,OC]; before any activation. */
export function conv2dReference(
  p: WindowParams,
  src: ArrayLike<number>,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
  residual?: ArrayLike<number>,
): Float64Array {
  const groupIn = p.inChannels / p.groups;
  const groupOut = p.outChannels / p.groups;
  const dst = new Float64Array(p.batch * p.outHeight * p.outWidth * p.outChannels);
  let at = 0;
  for (let n = 0; n < p.batch; n++)
    for (let y = 0; y < p.outHeight; y++)
      for (let x = 0; x < p.outWidth; x++)
        for (let o = 0; o < p.outChannels; o++, at++) {
          let sum = bias[o]! + (residual ? residual[at]! : 0);
          for (let ky = 0; ky < p.kernel[0]; ky++)
            for (let kx = 0; kx < p.kernel[1]; kx++) {
              const iy = y * p.strides[0] + ky * p.dilations[0] - p.padTop;
              const ix = x * p.strides[1] + kx * p.dilations[1] - p.padLeft;
              if (iy < 0 || iy >= p.inHeight || ix < 0 || ix >= p.inWidth) continue;
              const pixel =
                ((n * p.inHeight + iy) * p.inWidth + ix) * p.inChannels + Math.floor(o / groupOut) * groupIn;
              const row = (ky * p.kernel[1] + kx) * groupIn;
              for (let i = 0; i < groupIn; i++) sum += src[pixel + i]! * weights[(row + i) * p.outChannels + o]!;
            }
          dst[at] = sum;
        }
  return dst;
}

/** Every pixel of src [N,H,W,C] that often along height and width. */
export function repeatPixels(
  p: WindowParams,
  [timesY, timesX]: readonly [number, number],
  src: ArrayLike<number>,
): Float64Array {
  const [height, width] = [p.inHeight * timesY, p.inWidth * timesX];
  return Float64Array.from({ length: p.batch * height * width * p.inChannels }, (_, i) => {
    const [c, x] = [i % p.inChannels, Math.floor(i / p.inChannels) % width];
    const [y, n] = [Math.floor(i / p.inChannels / width) % height, Math.floor(i / p.inChannels / width / height)];
    const row = n * p.inHeight + Math.floor(y / timesY);
    return src[(row * p.inWidth + Math.floor(x / timesX)) * p.inChannels + c]!;
  });
}

/** The largest of each 2x2 window of [N,OH,OW,OC], whose sizes are even. */
export function poolReference(p: WindowParams, values: ArrayLike<number>): Float64Array {
  const [height, width] = [p.outHeight / 2, p.outWidth / 2];
  return Float64Array.from({ length: p.batch * height * width * p.outChannels }, (_, i) => {
    const [c, x] = [i % p.outChannels, Math.floor(i / p.outChannels) % width];
    const row = Math.floor(i / p.outChannels / width) * 2; // all images below one another
    const at = (dy: number, dx: number): number => values[((row + dy) * p.outWidth + x * 2 + dx) * p.outChannels + c]!;
    return Math.max(at(0, 0), at(0, 1), at(1, 0), at(1, 1));
  });
}

/** src [N,H,W,C], weights [KH,KW,OC/groups,C], bias [OC]: each input pixel adds its window to the output. */
export function convTranspose2dReference(
  p: WindowParams,
  src: ArrayLike<number>,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  const groupIn = p.inChannels / p.groups;
  const groupOut = p.outChannels / p.groups;
  const pixels = p.batch * p.outHeight * p.outWidth;
  const dst = Float64Array.from({ length: pixels * p.outChannels }, (_, i) => bias[i % p.outChannels]!);
  for (let n = 0; n < p.batch; n++)
    for (let y = 0; y < p.inHeight; y++)
      for (let x = 0; x < p.inWidth; x++)
        for (let i = 0; i < p.inChannels; i++) {
          const value = src[((n * p.inHeight + y) * p.inWidth + x) * p.inChannels + i]!;
          const group = Math.floor(i / groupIn);
          for (let ky = 0; ky < p.kernel[0]; ky++)
            for (let kx = 0; kx < p.kernel[1]; kx++) {
              const oy = y * p.strides[0] + ky * p.dilations[0] - p.padTop;
              const ox = x * p.strides[1] + kx * p.dilations[1] - p.padLeft;
              if (oy < 0 || oy >= p.outHeight || ox < 0 || ox >= p.outWidth) continue;
              const to = ((n * p.outHeight + oy) * p.outWidth + ox) * p.outChannels + group * groupOut;
              for (let o = 0; o < groupOut; o++)
                dst[to + o]! += value * weights[((ky * p.kernel[1] + kx) * groupOut + o) * p.inChannels + i]!;
            }
        }
  return dst;
}

/** a [batch,M,K], b [batch,K,N] or [K,N] when shared, bias [N] -> [batch,M,N]. */
export function matmulReference(
  p: { batch: number; rows: number; inner: number; columns: number; sharedB: boolean },
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  bias?: ArrayLike<number>,
): Float64Array {
  const dst = new Float64Array(p.batch * p.rows * p.columns);
  for (let n = 0; n < p.batch; n++)
    for (let row = 0; row < p.rows; row++)
      for (let column = 0; column < p.columns; column++) {
        let sum = bias ? bias[column]! : 0;
        const base = p.sharedB ? 0 : n * p.inner * p.columns;
        for (let k = 0; k < p.inner; k++)
          sum += a[(n * p.rows + row) * p.inner + k]! * b[base + k * p.columns + column]!;
        dst[(n * p.rows + row) * p.columns + column] = sum;
      }
  return dst;
}
