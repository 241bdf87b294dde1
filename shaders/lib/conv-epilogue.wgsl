// The epilogue of convolutions: bias, residual, activation, and storing into DST_C channels from DST_FIRST on.
// src/kernels/conv/epilogue.ts sets the constants.
#include "activation.wgsl"
alias elem = f32;
alias dst_elem = elem;          // f32 where dst holds sums for another step
const OUT_C: u32 = 8u;          // all output channels
const DST_C: u32 = 8u;          // channels of dst, of which the shader writes OUT_C
const DST_FIRST: u32 = 0u;      // the first channel that is written
const DST_PIXELS: u32 = 1u;     // pixels of dst

alias elem4 = vec4<elem>;
alias sum4 = vec4<f32>;

#if VECTOR_OUT
#if BIAS
@group(0) @binding(2) var<storage, read> bias: array<elem4>;                // [OUT_C/4]
#endif
#if RESIDUAL
@group(0) @binding(3) var<storage, read> residual: array<elem4>;            // [DST_PIXELS, OUT_C/4]
#endif
@group(0) @binding(4) var<storage, read_write> dst: array<vec4<dst_elem>>;  // [DST_PIXELS, DST_C/4]
#else
#if BIAS
@group(0) @binding(2) var<storage, read> bias: array<elem>;                 // [OUT_C]
#endif
#if RESIDUAL
@group(0) @binding(3) var<storage, read> residual: array<elem>;             // [DST_PIXELS, OUT_C]
#endif
@group(0) @binding(4) var<storage, read_write> dst: array<dst_elem>;        // [DST_PIXELS, DST_C]
#endif

// Stores four output channels from `channel` on, without those from `end` on.
fn write(pixel: u32, channel: u32, end: u32, sum: vec4<f32>) {
  if (pixel >= DST_PIXELS || channel >= end) { return; }
  let at = pixel * OUT_C + channel;
  let to = pixel * DST_C + DST_FIRST + channel;
#if VECTOR_OUT
  var value = sum;
#if BIAS
  value += vec4<f32>(bias[channel / 4u]);
#endif
#if RESIDUAL
  value += vec4<f32>(residual[at / 4u]);
#endif
  dst[to / 4u] = vec4<dst_elem>(activate(value));
#else
  var value = sum;
  for (var i = 0u; i < min(4u, end - channel); i++) {
#if BIAS
    value[i] += f32(bias[channel + i]);
#endif
#if RESIDUAL
    value[i] += f32(residual[at + i]);
#endif
  }
  value = activate(value);
  for (var i = 0u; i < min(4u, end - channel); i++) {
    dst[to + i] = dst_elem(value[i]);
  }
#endif
}
