// Transposed convolution of NHWC images, gathered: every output pixel sums the windows that reach it.
//   dst[n, y, x, o] = activate(bias[o] + sum over ky, kx, i of src[n, iy, ix, i] * weights[ky, kx, o, i])
//     with iy*STRIDE_Y = y + PAD_TOP - ky*DILATION_Y, ix*STRIDE_X = x + PAD_LEFT - kx*DILATION_X, both in the image
// One invocation writes four output channels of one pixel.
#include "../lib/linear.wgsl"
#include "../lib/window.wgsl"
#include "../lib/activation.wgsl"
alias elem = f32;               // defaults; set by src/kernels/conv/transpose.ts
const IN_C: u32 = 4u;           // all input channels
const GROUP_IN_C: u32 = 4u;     // input channels of one group
const OUT_C: u32 = 4u;          // all output channels
const GROUP_OUT_C: u32 = 4u;    // output channels of one group
const GROUP_BLOCKS: u32 = 1u;   // ceil(GROUP_OUT_C / 4)
const BLOCKS: u32 = 1u;         // groups * GROUP_BLOCKS

#if VECTOR_IN
const LANES: u32 = 4u;          // with GROUP_IN_C a multiple of 4, input channels are read as vectors
alias unit = vec4<elem>;
#else
const LANES: u32 = 1u;
alias unit = elem;
#endif
@group(0) @binding(0) var<storage, read> src: array<unit>;        // [batch, IN_H, IN_W, IN_C]
@group(0) @binding(1) var<storage, read> weights: array<unit>;    // [KERNEL_H, KERNEL_W, GROUP_OUT_C, IN_C]
@group(0) @binding(2) var<storage, read> bias: array<elem>;       // [OUT_C]
@group(0) @binding(3) var<storage, read_write> dst: array<elem>;  // [batch, OUT_H, OUT_W, OUT_C]

fn product(a: unit, b: unit) -> f32 {
#if VECTOR_IN
  return dot(vec4<f32>(a), vec4<f32>(b));
#else
  return f32(a) * f32(b);
#endif
}

fn run(index: u32) {
  let pixel = index / BLOCKS;
  let block = index % BLOCKS;
  let group = block / GROUP_BLOCKS;
  let first = (block % GROUP_BLOCKS) * 4u;   // within the group
  let last = GROUP_OUT_C - 1u;
  let at = vec3<i32>(place(pixel));
  let image = at.x * IN_H * IN_W;
  let bottom = at.y + PAD_TOP;
  let right = at.z + PAD_LEFT;
  var sum = vec4<f32>();
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    let y = bottom - i32(ky) * DILATION_Y;
    if (y < 0 || y % STRIDE_Y != 0 || y / STRIDE_Y >= IN_H) { continue; }
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let x = right - i32(kx) * DILATION_X;
      if (x < 0 || x % STRIDE_X != 0 || x / STRIDE_X >= IN_W) { continue; }
      let base = (u32(image + y / STRIDE_Y * IN_W + x / STRIDE_X) * IN_C + group * GROUP_IN_C) / LANES;
      let tap = (ky * KERNEL_W + kx) * GROUP_OUT_C;
      let row = (min(first + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) + tap) * IN_C + group * GROUP_IN_C;
      let w = row / LANES;
      for (var i = 0u; i < GROUP_IN_C / LANES; i++) {
        let a = src[base + i];
        sum += vec4<f32>(
          product(a, weights[w.x + i]), product(a, weights[w.y + i]),
          product(a, weights[w.z + i]), product(a, weights[w.w + i]));
      }
    }
  }
  let channel = group * GROUP_OUT_C + first;
  let count = min(4u, GROUP_OUT_C - first);
  for (var j = 0u; j < count; j++) {
    sum[j] += f32(bias[channel + j]);
  }
  sum = activate(sum);
  for (var j = 0u; j < count; j++) {
    dst[pixel * OUT_C + channel + j] = elem(sum[j]);
  }
}
