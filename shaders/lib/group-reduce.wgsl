// Rows of a tensor seen as [outer, AXIS, INNER], each worked on by PER_ROW invocations, and what they share.
alias wide = f32;               // one element or four neighbours, in f32
const ROWS: u32 = 1u;           // outer * INNER
const AXIS: u32 = 1u;           // length of a row
const INNER: u32 = 1u;          // units from one element of a row to the next
const PER_ROW: u32 = 1u;        // 1, or 64: the whole workgroup

var<workgroup> partials: array<wide, 64>;

// The unit where row `row` begins.
fn row_start(row: u32) -> u32 {
  return (row / INNER) * AXIS * INNER + row % INNER;
}

// Makes every invocation's value readable in `partials`.
fn share(value: wide, local: u32) {
  workgroupBarrier();           // the last use of partials is over
  partials[local] = value;
  workgroupBarrier();
}

// Sum over the invocations of a row; every invocation of the workgroup must call it. Each adds up all 64
// itself: a tree would save additions but cost six more barriers, which are the dearer of the two.
fn group_sum(value: wide, local: u32) -> wide {
  if (PER_ROW == 1u) { return value; }
  share(value, local);
  var total = partials[0];
  for (var i = 1u; i < PER_ROW; i++) { total += partials[i]; }
  return total;
}

// Maximum over the invocations of a row; every invocation of the workgroup must call it.
fn group_max(value: wide, local: u32) -> wide {
  if (PER_ROW == 1u) { return value; }
  share(value, local);
  var highest = partials[0];
  for (var i = 1u; i < PER_ROW; i++) { highest = max(highest, partials[i]); }
  return highest;
}
