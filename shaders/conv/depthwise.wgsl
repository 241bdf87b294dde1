// Depthwise convolution of NHWC images: each channel has its own window.
//   dst[n, y, x, c] = activate(bias[c] + residual[n, y, x, c]
//     + sum over ky, kx of src[n, y*STRIDE_Y + ky*DILATION_Y - PAD_TOP, x*STRIDE_X + kx*DILATION_X - PAD_LEFT, c]
//                        * weights[ky, kx, c])            with src = 0 outside the image
// One invocation writes four channels of one pixel.
#include "../lib/linear.wgsl"
#include "../lib/window.wgsl"
#include "../lib/activation.wgsl"
alias elem = f32;               // defaults; set by src/kernels/conv/depthwise.ts
const CHANNELS: u32 = 4u;
const CHANNELS4: u32 = 1u;      // ceil(CHANNELS / 4)

#if VECTOR
alias unit = vec4<elem>;        // with CHANNELS a multiple of 4, all tensors are read as vectors
#else
alias unit = elem;
#endif
@group(0) @binding(0) var<storage, read> src: array<unit>;        // [batch, IN_H, IN_W, CHANNELS]
@group(0) @binding(1) var<storage, read> weights: array<unit>;    // [KERNEL_H, KERNEL_W, CHANNELS]
@group(0) @binding(2) var<storage, read> bias: array<unit>;       // [CHANNELS]
#if RESIDUAL
@group(0) @binding(3) var<storage, read> residual: array<unit>;   // [batch, OUT_H, OUT_W, CHANNELS]
#endif
@group(0) @binding(4) var<storage, read_write> dst: array<unit>;  // [batch, OUT_H, OUT_W, CHANNELS]

#if !VECTOR
// The four channels from 4*c on of a row; channels past the end repeat the last one.
fn channels(row: u32, c: u32) -> vec4<u32> {
  return row * CHANNELS + min(4u * c + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(CHANNELS - 1u));
}
#endif

fn load_src(row: u32, c: u32) -> vec4<f32> {
#if VECTOR
  return vec4<f32>(src[row * CHANNELS4 + c]);
#else
  let i = channels(row, c);
  return vec4<f32>(f32(src[i.x]), f32(src[i.y]), f32(src[i.z]), f32(src[i.w]));
#endif
}

fn load_weights(tap: u32, c: u32) -> vec4<f32> {
#if VECTOR
  return vec4<f32>(weights[tap * CHANNELS4 + c]);
#else
  let i = channels(tap, c);
  return vec4<f32>(f32(weights[i.x]), f32(weights[i.y]), f32(weights[i.z]), f32(weights[i.w]));
#endif
}

fn write(pixel: u32, c: u32, sum: vec4<f32>) {
#if VECTOR
  let at = pixel * CHANNELS4 + c;
  var value = sum + vec4<f32>(bias[c]);
#if RESIDUAL
  value += vec4<f32>(residual[at]);
#endif
  dst[at] = unit(activate(value));
#else
  let i = channels(0u, c);
  var value = sum + vec4<f32>(f32(bias[i.x]), f32(bias[i.y]), f32(bias[i.z]), f32(bias[i.w]));
#if RESIDUAL
  let r = channels(pixel, c);
  value += vec4<f32>(f32(residual[r.x]), f32(residual[r.y]), f32(residual[r.z]), f32(residual[r.w]));
#endif
  value = activate(value);
  for (var j = 0u; j < min(4u, CHANNELS - 4u * c); j++) {
    dst[pixel * CHANNELS + 4u * c + j] = elem(value[j]);
  }
#endif
}

fn run(index: u32) {
  let pixel = index / CHANNELS4;
  let c = index % CHANNELS4;
  let start = window_at(place(pixel));
  var sum = vec4<f32>();
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let tap = under(start, ky, kx);
      if (tap >= 0) { sum += load_src(u32(tap), c) * load_weights(ky * KERNEL_W + kx, c); }
    }
  }
  write(pixel, c, sum);
}
