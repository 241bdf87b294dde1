// Elementwise function of one tensor.
//   dst[i] = activate(src[i])
// One invocation writes four consecutive elements of dst: as one vec4 with VEC4, which takes a COUNT divisible by 4.
alias unit = f32;               // one element, or four with VEC4; set by src/kernels/unary.ts
const COUNT: u32 = 4;           // elements

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [COUNT]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [COUNT]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let vector = linear_index(workgroup, grid, local, 64u);
  let first = 4u * vector;
  if (first >= COUNT) { return; }
#if VEC4
  dst[vector] = unit(activate(vec4<f32>(src[vector])));
#else
  let last = COUNT - 1u;
  let value = vec4<f32>(
    f32(src[first]), f32(src[min(first + 1u, last)]), f32(src[min(first + 2u, last)]), f32(src[min(first + 3u, last)]));
  let result = activate(value);
  for (var i = 0u; i < min(4u, COUNT - first); i++) {
    dst[first + i] = unit(result[i]);
  }
#endif
}
