// a* and b* of a picture in sRGB.
//   dst[c, i] = a*, b* of clamp((src[., i] - BLACK) / (WHITE - BLACK), 0, 1)
// One invocation writes a* and b* of one sample.
#include "../lib/lab.wgsl"
#include "../lib/linear.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/rgb-chroma.ts
const BLACK: f32 = 0.0;
const WHITE: f32 = 1.0;

@group(0) @binding(0) var<storage, read> src: array<elem>;       // [3, COUNT], R, G, B
@group(0) @binding(1) var<storage, read_write> dst: array<f32>;  // [2, COUNT], a* and b*

fn run(i: u32) {
  let rgb = vec3(f32(src[i]), f32(src[COUNT + i]), f32(src[2u * COUNT + i]));
  let ab = linear_to_ab(srgb_to_linear(clamp((rgb - BLACK) / (WHITE - BLACK), vec3(0.0), vec3(1.0))));
  dst[i] = ab.x;
  dst[COUNT + i] = ab.y;
}
