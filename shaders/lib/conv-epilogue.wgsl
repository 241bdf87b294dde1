// What every convolution does last: bias, residual, activation, and storing into DST_C channels from DST_FIRST on.
// The shader declares bias, residual, dst (vec4 with VECTOR_OUT, of dst_elem), PIXELS, OUT_C, DST_C, DST_FIRST.

// Four output channels from `channel` on, of which those below `end` exist.
fn write(pixel: u32, channel: u32, end: u32, sum: vec4<f32>) {
  if (pixel >= PIXELS || channel >= end) { return; }
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
