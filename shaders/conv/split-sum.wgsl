// The last step of a convolution whose terms were summed in parts.
//   dst[pixel, o] = activate(bias[o] + residual[pixel, o] + sum over p of src[pixel, p, o])
// One invocation writes 4 output channels of a pixel.
const PARTS: u32 = 2u;
const WIDTH4: u32 = 1u;         // ceil(OUT_C / 4)
const WORKGROUP: u32 = 64u;     // set by src/kernels/conv-split.ts

@group(0) @binding(0) var<storage, read> src: array<sum4>;    // [PIXELS, PARTS, WIDTH4]

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, grid, local, WORKGROUP);
  let pixel = i / WIDTH4;
  if (pixel >= PIXELS) { return; }
  let channel4 = i % WIDTH4;
  var sum = sum4();
  for (var part = 0u; part < PARTS; part++) {
    sum += src[(pixel * PARTS + part) * WIDTH4 + channel4];
  }
  write(pixel, 4u * channel4, OUT_C, sum);
}
