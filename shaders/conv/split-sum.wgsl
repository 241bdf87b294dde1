// The last step of a split-K convolution: adds the parts.
//   dst[pixel, o] = activate(bias[o] + residual[pixel, o] + sum over p of src[pixel, p, o])
// One invocation writes 4 output channels of a pixel.
#include "../lib/linear.wgsl"
#include "../lib/conv-epilogue.wgsl"
const PARTS: u32 = 2u;          // set by src/kernels/conv/split.ts
const WIDTH4: u32 = 1u;         // ceil(OUT_C / 4)

@group(0) @binding(0) var<storage, read> src: array<sum4>;    // [DST_PIXELS, PARTS, WIDTH4]

fn run(index: u32) {
  let pixel = index / WIDTH4;
  let channel4 = index % WIDTH4;
  var sum = sum4();
  for (var part = 0u; part < PARTS; part++) {
    sum += src[(pixel * PARTS + part) * WIDTH4 + channel4];
  }
  write(pixel, 4u * channel4, OUT_C, sum);
}
