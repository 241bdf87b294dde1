// Elementwise function of one tensor.
//   dst[i] = activate(src[i])
// One invocation writes four consecutive elements of dst.
alias elem = f32;               // defaults; set by src/kernels/unary.ts
const COUNT: u32 = 4;           // elements

@group(0) @binding(0) var<storage, read> src: array<elem>;        // [COUNT]
@group(0) @binding(1) var<storage, read_write> dst: array<elem>;  // [COUNT]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = 4u * linear_index(workgroup, grid, local, 64u);
  if (first >= COUNT) { return; }
  let last = COUNT - 1u;
  let value = vec4<f32>(
    f32(src[first]), f32(src[min(first + 1u, last)]), f32(src[min(first + 2u, last)]), f32(src[min(first + 3u, last)]));
  let result = activate(value);
  for (var i = 0u; i < min(4u, COUNT - first); i++) {
    dst[first + i] = elem(result[i]);
  }
}
