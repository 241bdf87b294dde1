// Softmax along the middle of [outer, AXIS, INNER].
//   dst[o, k, i] = exp(src[o, k, i] - m) / sum over j of exp(src[o, j, i] - m),   m = max over j of src[o, j, i]
// PER_ROW invocations work on one row; see lib/group-reduce.wgsl.
alias unit = f32;               // one element or four neighbours; set by src/kernels/softmax.ts

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [outer, AXIS, INNER]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local, 64u);
  let row = index / PER_ROW;
  let first = index % PER_ROW;
  let start = row_start(min(row, ROWS - 1u));   // no early return: barriers follow
  var highest = wide(-3.4028234663852886e38);
  for (var k = first; k < AXIS; k += PER_ROW) {
    highest = max(highest, wide(src[start + k * INNER]));
  }
  highest = group_max(highest, local);
  var total = wide(0.0);
  for (var k = first; k < AXIS; k += PER_ROW) {
    total += exp(wide(src[start + k * INNER]) - highest);
  }
  total = group_sum(total, local);
  if (row >= ROWS) { return; }
  for (var k = first; k < AXIS; k += PER_ROW) {
    dst[start + k * INNER] = unit(exp(wide(src[start + k * INNER]) - highest) / total);
  }
}
