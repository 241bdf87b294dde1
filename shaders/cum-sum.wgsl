// Cumulative sums along the middle of [outer, AXIS, INNER].
//   dst[o, k, i] = sum over j <= k of src[o, j, i]
// With EXCLUSIVE over j < k, with REVERSE over j >= k, with both over j > k. One invocation works on one row.
#include "lib/linear.wgsl"
alias unit = f32;               // one element or four neighbours; set by src/kernels/cum-sum.ts
alias wide = f32;               // the same in f32
const AXIS: u32 = 1u;           // length of a row
const INNER: u32 = 1u;          // units from one element of a row to the next

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [outer, AXIS, INNER]

fn run(row: u32) {
  let start = (row / INNER) * AXIS * INNER + row % INNER;
  var total = wide(0.0);
  for (var k = 0u; k < AXIS; k++) {
#if REVERSE
    let at = start + (AXIS - 1u - k) * INNER;
#else
    let at = start + k * INNER;
#endif
    let value = wide(src[at]);
#if EXCLUSIVE
    dst[at] = unit(total);
    total += value;
#else
    total += value;
    dst[at] = unit(total);
#endif
  }
}
