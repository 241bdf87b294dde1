// The entry point of shaders that work on rows of a tensor viewed as [outer, AXIS, INNER], with PER_ROW invocations per
// row, and reductions over these. The shader defines `fn run_row(row: u32, first: u32, local: u32)`, for elements first,
// first + PER_ROW, ... of a row, which may lie past the last one: all invocations of a workgroup must reach barriers.
#include "indexing.wgsl"
alias wide = f32;               // one element or four neighbours, in f32
const ROWS: u32 = 1u;           // outer * INNER
const AXIS: u32 = 1u;           // length of a row
const INNER: u32 = 1u;          // units from one element of a row to the next
const PER_ROW: u32 = 1u;        // 1, or 64: the whole workgroup

var<workgroup> partials: array<wide, 64>;

// The first unit of row `row`; of the last row when `row` is past the end.
fn row_start(row: u32) -> u32 {
  let inside = min(row, ROWS - 1u);
  return (inside / INNER) * AXIS * INNER + inside % INNER;
}

// Writes every invocation's value to `partials`, for all invocations to read.
fn share(value: wide, local: u32) {
  workgroupBarrier();           // the last use of partials is over
  partials[local] = value;
  workgroupBarrier();
}

// Sum over the invocations of a row; every invocation of the workgroup must call it. Each invocation adds all 64 values:
// a tree would save additions but need six more barriers, which cost more.
fn group_sum(value: wide, local: u32) -> wide {
  if (PER_ROW == 1u) { return value; }
  share(value, local);
  var total = partials[0];
  for (var i = 1u; i < PER_ROW; i++) { total += partials[i]; }
  return total;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local);
  run_row(index / PER_ROW, index % PER_ROW, local);
}
