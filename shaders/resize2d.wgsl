// Resizing of pictures (ONNX Resize, nearest and linear), NHWC.
//   sy = (Y_STEP * y + Y_START) / Y_DIVISOR, sx likewise: exact ratios of integers
//   nearest: dst[n, y, x, c] = src[n, floor(sy), floor(sx), c]; the rounding mode is folded into START and DIVISOR
//   linear:  the four pixels around (sy, sx), weighted by nearness
// Coordinates outside the picture read its nearest pixel. One invocation writes one unit of channels.
#include "lib/linear.wgsl"
alias unit = f32;               // one channel or four, and the same in f32; set by src/kernels/resize2d.ts
alias wide = f32;
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const UNITS: u32 = 1u;          // units of channels
const Y_STEP: i32 = 1;
const Y_START: i32 = 0;
const Y_DIVISOR: i32 = 1;
const X_STEP: i32 = 1;
const X_START: i32 = 0;
const X_DIVISOR: i32 = 1;
const LINEAR: bool = false;

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [N, IN_H, IN_W, UNITS]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [N, OUT_H, OUT_W, UNITS]

fn floor_divide(numerator: i32, divisor: i32) -> i32 {
  let quotient = numerator / divisor;
  return select(quotient, quotient - 1, numerator < quotient * divisor);
}

fn load(picture: u32, row: i32, column: i32, channel: u32) -> wide {
  let inside = u32(clamp(row, 0, IN_H - 1) * IN_W + clamp(column, 0, IN_W - 1));
  return wide(src[(picture + inside) * UNITS + channel]);
}

fn run(index: u32) {
  let channel = index % UNITS;
  let y = (index / UNITS / OUT_W) % OUT_H;
  let x = (index / UNITS) % OUT_W;
  let picture = (index / UNITS / OUT_W / OUT_H) * u32(IN_H * IN_W);
  let sy = Y_STEP * i32(y) + Y_START;
  let sx = X_STEP * i32(x) + X_START;
  let row = floor_divide(sy, Y_DIVISOR);
  let column = floor_divide(sx, X_DIVISOR);
  if (!LINEAR) {
    dst[index] = unit(load(picture, row, column, channel));
    return;
  }
  let below = f32(sy - row * Y_DIVISOR) / f32(Y_DIVISOR);
  let right = f32(sx - column * X_DIVISOR) / f32(X_DIVISOR);
  let upper = mix(load(picture, row, column, channel), load(picture, row, column + 1, channel), wide(right));
  let lower = mix(load(picture, row + 1, column, channel), load(picture, row + 1, column + 1, channel), wide(right));
  dst[index] = unit(mix(upper, lower, wide(below)));
}
