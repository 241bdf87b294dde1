// Sum, mean, maximum or minimum along the middle of [outer, AXIS, INNER].
//   dst[o, i] = FUNCTION over k of src[o, k, i]
// PER_ROW invocations work on one unit of dst; see lib/rows.wgsl.
#include "lib/rows.wgsl"
alias unit = f32;               // one element or four neighbours; set by src/kernels/reduce.ts
const FUNCTION: u32 = 0u;       // 0 sum, 1 mean, 2 max, 3 min

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [outer, INNER]

fn run_row(row: u32, first: u32, local: u32) {
  let start = row_start(row);   // no early return: barriers follow
  // The minimum is the negated maximum of negated values.
  let direction = select(1.0, -1.0, FUNCTION == 3u);
  var total = wide(0.0);
  var highest = wide(-3.4028234663852886e38);
  for (var k = first; k < AXIS; k += PER_ROW) {
    let value = wide(src[start + k * INNER]);
    total += value;
    highest = max(highest, direction * value);
  }
  var result: wide;
  if (FUNCTION < 2u) {
    result = group_sum(total, local) / select(1.0, f32(AXIS), FUNCTION == 1u);
  } else {
    result = direction * group_max(highest, local);
  }
  if (row < ROWS && first == 0u) { dst[row] = unit(result); }
}
