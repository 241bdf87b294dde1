// A row-major index space of six axes. Kernels that include it set DIMS; smaller spaces have leading ones.
const DIMS: array<u32, 6> = array<u32, 6>(1u, 1u, 1u, 1u, 1u, 1u);

// The coordinates of element `index`. DIMS are constants, so divisions by them are cheap.
fn coordinates_of(index: u32) -> array<u32, 6> {
  var rest = index;
  var at: array<u32, 6>;
  at[5] = rest % DIMS[5];
  rest /= DIMS[5];
  at[4] = rest % DIMS[4];
  rest /= DIMS[4];
  at[3] = rest % DIMS[3];
  rest /= DIMS[3];
  at[2] = rest % DIMS[2];
  rest /= DIMS[2];
  at[1] = rest % DIMS[1];
  at[0] = rest / DIMS[1];
  return at;
}

// Sum of coordinate * stride over the axes.
fn offset_of(at: array<u32, 6>, strides: array<i32, 6>) -> i32 {
  return i32(at[0]) * strides[0] + i32(at[1]) * strides[1] + i32(at[2]) * strides[2]
    + i32(at[3]) * strides[3] + i32(at[4]) * strides[4] + i32(at[5]) * strides[5];
}
