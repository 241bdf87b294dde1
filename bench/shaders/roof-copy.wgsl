// Peak memory bandwidth: dst[i] = src[i]. A workgroup copies EACH * 64 neighbours, each invocation every 64th of them.
// The grid fits exactly, so no bounds check is needed.
const EACH: u32 = 1;            // vectors per invocation; set by bench/roof.ts

@group(0) @binding(0) var<storage, read> src: array<vec4<f32>>;        // [EACH * invocations]
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<f32>>;  // [EACH * invocations]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let first = (workgroup.y * grid.x + workgroup.x) * EACH * 64u + local;
  for (var k = 0u; k < EACH; k++) {
    dst[first + 64u * k] = src[first + 64u * k];
  }
}
