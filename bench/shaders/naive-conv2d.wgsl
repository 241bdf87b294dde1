// Convolution as its formula says, one output an invocation: what any other kernel must beat.
//   dst[y, x, o] = max(0, bias[o] + sum over i, j, c of src[y + i - PAD_TOP, x + j - PAD_LEFT, c] * weights[i, j, c, o])
#include "../../shaders/lib/linear.wgsl"
const IN_H: u32 = 1;            // set by bench/naive-conv2d.ts
const IN_W: u32 = 1;
const IN_C: u32 = 1;
const OUT_H: u32 = 1;
const OUT_W: u32 = 1;
const OUT_C: u32 = 1;
const KERNEL_H: u32 = 1;
const KERNEL_W: u32 = 1;
const PAD_TOP: u32 = 0;
const PAD_LEFT: u32 = 0;

@group(0) @binding(0) var<storage, read> src: array<f32>;        // [IN_H, IN_W, IN_C]
@group(0) @binding(1) var<storage, read> weights: array<f32>;    // [KERNEL_H, KERNEL_W, IN_C, OUT_C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;       // [OUT_C]
@group(0) @binding(3) var<storage, read_write> dst: array<f32>;  // [OUT_H, OUT_W, OUT_C]

fn run(index: u32) {
  let o = index % OUT_C;
  let x = index / OUT_C % OUT_W;
  let y = index / OUT_C / OUT_W;
  var sum = bias[o];
  for (var i = 0u; i < KERNEL_H; i++) {
    let row = y + i - PAD_TOP; // wraps below zero, which is past IN_H, too
    if (row >= IN_H) { continue; }
    for (var j = 0u; j < KERNEL_W; j++) {
      let column = x + j - PAD_LEFT;
      if (column >= IN_W) { continue; }
      let pixel = (row * IN_W + column) * IN_C;
      let tap = (i * KERNEL_W + j) * IN_C;
      for (var c = 0u; c < IN_C; c++) {
        sum += src[pixel + c] * weights[(tap + c) * OUT_C + o];
      }
    }
  }
  dst[index] = max(sum, 0.0);
}
