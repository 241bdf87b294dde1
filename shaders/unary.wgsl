// Elementwise function of one tensor.
//   dst[i] = activate(src[i])
// One invocation writes four consecutive elements of dst: as one vec4 with VECTOR, which requires a LENGTH divisible by 4.
#include "lib/linear.wgsl"
#include "lib/activation.wgsl"
alias unit = f32;               // one element, or four with VECTOR; set by src/kernels/unary.ts
const LENGTH: u32 = 4u;         // elements; COUNT is a quarter, rounded up

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [LENGTH]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [LENGTH]

fn run(vector: u32) {
#if VECTOR
  dst[vector] = unit(activate(vec4<f32>(src[vector])));
#else
  let first = 4u * vector;
  let last = LENGTH - 1u;
  let value = vec4<f32>(
    f32(src[first]), f32(src[min(first + 1u, last)]), f32(src[min(first + 2u, last)]), f32(src[min(first + 3u, last)]));
  let result = activate(value);
  for (var i = 0u; i < min(4u, LENGTH - first); i++) {
    dst[first + i] = unit(result[i]);
  }
#endif
}
