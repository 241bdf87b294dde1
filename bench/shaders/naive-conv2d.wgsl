// Convolution as its formula says, one output an invocation: what any other kernel must beat.
//   dst[y, x, o] = max(0, bias[o] + sum over i, j, c of src[the pixel under tap (i, j) at (y, x), c] * weights[i, j, c, o])
#include "../../shaders/lib/linear.wgsl"
#include "../../shaders/lib/window.wgsl"
const IN_C: u32 = 1;            // set by bench/naive-conv2d.ts
const OUT_C: u32 = 1;

@group(0) @binding(0) var<storage, read> src: array<f32>;        // [IN_H, IN_W, IN_C]
@group(0) @binding(1) var<storage, read> weights: array<f32>;    // [KERNEL_H, KERNEL_W, IN_C, OUT_C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;       // [OUT_C]
@group(0) @binding(3) var<storage, read_write> dst: array<f32>;  // [OUT_H, OUT_W, OUT_C]

fn run(index: u32) {
  let o = index % OUT_C;
  let start = window_at(place(index / OUT_C));
  var sum = bias[o];
  for (var i = 0u; i < KERNEL_H; i++) {
    for (var j = 0u; j < KERNEL_W; j++) {
      let pixel = under(start, i, j);
      if (pixel < 0) { continue; }
      let tap = (i * KERNEL_W + j) * IN_C;
      for (var c = 0u; c < IN_C; c++) {
        sum += src[u32(pixel) * IN_C + c] * weights[(tap + c) * OUT_C + o];
      }
    }
  }
  dst[index] = max(sum, 0.0);
}
