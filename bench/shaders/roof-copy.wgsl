// Peak of memory: dst[i] = src[i], four numbers an invocation, neighbours side by side.
const COUNT: u32 = 4;           // vectors; set by bench/roof.ts

@group(0) @binding(0) var<storage, read> src: array<vec4<f32>>;        // [COUNT]
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<f32>>;  // [COUNT]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(workgroup, grid, local, 64u);
  if (i < COUNT) { dst[i] = src[i]; }
}
