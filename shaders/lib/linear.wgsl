// The entry point of shaders with one invocation for each index below COUNT, in a grid of linearGrid(). The shader
// defines `fn run(index: u32)`.
#include "indexing.wgsl"
const COUNT: u32 = 1u;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local);
  if (index < COUNT) { run(index); }
}
