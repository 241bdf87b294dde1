// The index of this invocation in a grid made by linearGrid() of src/kernels/kernel.ts: workgroups of 64, which wrap
// from x into y after 65,535.
fn linear_index(workgroup: vec3<u32>, grid: vec3<u32>, local: u32) -> u32 {
  return (workgroup.y * grid.x + workgroup.x) * 64u + local;
}
