// Rows of a tensor seen as [outer, AXIS, INNER], each worked on by PER_ROW invocations, and what they share.
alias wide = f32;               // one element or four neighbours, in f32
const ROWS: u32 = 1u;           // outer * INNER
const AXIS: u32 = 1u;           // length of a row
const INNER: u32 = 1u;          // units from one element of a row to the next
const PER_ROW: u32 = 1u;        // 1 or 64

var<workgroup> partials: array<wide, 64>;

// The unit where row `row` begins.
fn row_start(row: u32) -> u32 {
  return (row / INNER) * AXIS * INNER + row % INNER;
}

// Sum over the invocations of a row; every invocation of the workgroup must call it.
fn group_sum(value: wide, local: u32) -> wide {
  if (PER_ROW == 1u) { return value; }
  workgroupBarrier();
  partials[local] = value;
  workgroupBarrier();
  for (var half = PER_ROW / 2u; half > 0u; half /= 2u) {
    if (local < half) { partials[local] += partials[local + half]; }
    workgroupBarrier();
  }
  return partials[0];
}

// Maximum over the invocations of a row; every invocation of the workgroup must call it.
fn group_max(value: wide, local: u32) -> wide {
  if (PER_ROW == 1u) { return value; }
  workgroupBarrier();
  partials[local] = value;
  workgroupBarrier();
  for (var half = PER_ROW / 2u; half > 0u; half /= 2u) {
    if (local < half) { partials[local] = max(partials[local], partials[local + half]); }
    workgroupBarrier();
  }
  return partials[0];
}
