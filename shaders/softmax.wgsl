// Softmax along the middle of [outer, AXIS, INNER].
//   dst[o, k, i] = exp(src[o, k, i] - m) / sum over j of exp(src[o, j, i] - m),   m = max over j of src[o, j, i]
// PER_ROW invocations work on one row; see lib/rows.wgsl.
#include "lib/rows.wgsl"
alias unit = f32;               // one element or four neighbours; set by src/kernels/softmax.ts

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [outer, AXIS, INNER]

fn run_row(row: u32, first: u32, local: u32) {
  let start = row_start(row);   // no early return: barriers follow
  var highest = wide(-3.4028234663852886e38);
  for (var k = first; k < AXIS; k += PER_ROW) {
    highest = max(highest, wide(src[start + k * INNER]));
  }
  if (PER_ROW > 1u) {
    share(highest, local);
    highest = partials[0];
    for (var i = 1u; i < PER_ROW; i++) { highest = max(highest, partials[i]); }
  }
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
