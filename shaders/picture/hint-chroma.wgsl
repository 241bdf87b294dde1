// A network's a*b* with the colours that the user knows.
//   dst[c, i] = (1 - share[i]) * CHROMA_SCALE * src[c, i] + hints[c, i]
// One invocation writes a* and b* of one sample.
#include "../lib/linear.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/hint-chroma.ts
const CHROMA_SCALE: f32 = 1.0;  // a*, b* per unit of src

@group(0) @binding(0) var<storage, read> src: array<elem>;        // [2, COUNT]
@group(0) @binding(1) var<storage, read> share: array<f32>;       // [COUNT], 0 to 1
@group(0) @binding(2) var<storage, read> hints: array<f32>;       // [2, COUNT], a* and b* times share
@group(0) @binding(3) var<storage, read_write> dst: array<f32>;   // [2, COUNT], a* and b*

fn run(i: u32) {
  let predicted = (1.0 - share[i]) * CHROMA_SCALE;
  dst[i] = predicted * f32(src[i]) + hints[i];
  dst[COUNT + i] = predicted * f32(src[COUNT + i]) + hints[COUNT + i];
}
