// Sum, mean, maximum or minimum along the middle of [outer, AXIS, INNER].
//   dst[o, i] = FUNCTION over k of src[o, k, i]
// PER_ROW invocations work on one unit of dst; see lib/rows.wgsl.
#include "lib/rows.wgsl"
alias unit = f32;               // one element or four neighbours, and its bits in f32; set by src/kernels/reduce.ts
alias bits = u32;
const FUNCTION: u32 = 0u;       // 0 sum, 1 mean, 2 max, 3 min

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [outer, AXIS, INNER]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [outer, INNER]

// The larger one; NaN where one of them is NaN, of which max may return the other. Tests the bits, as keep_nan of lib/activation.wgsl does.
fn higher(one: wide, other: wide) -> wide {
  let magnitude = max(bitcast<bits>(abs(one)), bitcast<bits>(abs(other)));
  return select(max(one, other), one + other, magnitude > bits(0x7f800000u));
}

fn run_row(row: u32, first: u32, local: u32) {
  let start = row_start(row);   // no early return: barriers follow
  // The minimum is the negated maximum of negated values.
  let direction = select(1.0, -1.0, FUNCTION == 3u);
  var total = wide(0.0);
  var highest = direction * wide(src[start + first * INNER]);  // a row that is shared has an element for each invocation
  for (var k = first; k < AXIS; k += PER_ROW) {
    let value = wide(src[start + k * INNER]);
    total += value;
    highest = higher(highest, direction * value);
  }
  if (FUNCTION < 2u) {
    total = group_sum(total, local) / select(1.0, f32(AXIS), FUNCTION == 1u);
  } else {
    if (PER_ROW > 1u) {
      share(highest, local);
      highest = partials[0];
    for (var i = 1u; i < PER_ROW; i++) { highest = higher(highest, partials[i]); }
    }
    total = direction * highest;
  }
  if (row < ROWS && first == 0u) { dst[row] = unit(total); }
}
