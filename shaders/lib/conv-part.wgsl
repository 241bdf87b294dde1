// In place of conv-epilogue.wgsl where dst takes the sums of a part of the terms; conv-sum.wgsl adds the parts up.

// Four output channels from `channel` on.
fn write(pixel: u32, channel: u32, end: u32, sum: vec4<f32>) {
  if (pixel >= PIXELS || channel >= end) { return; }
  dst[(pixel * DST_C + channel) / 4u] = sum;
}
