// Matrix product.
//   dst[n, row, column] = activate(bias[column] + sum over k of a[n, row, k] * b[n, k, column])
// One invocation sums 4 rows x 4 columns over every SPLITS-th step of 4 k; with SPLIT the invocations of a
// workgroup that share those rows and columns then add their sums in workgroup memory.
#include "lib/activation.wgsl"
alias elem = f32;               // defaults; set by src/kernels/matmul.ts
const BATCH: u32 = 1u;
const ROWS: u32 = 1u;
const ROW_TILES: u32 = 1u;      // ceil(ROWS / 4)
const TERMS: u32 = 4u;
const STEPS: u32 = 1u;          // ceil(TERMS / 4)
const COLUMNS: u32 = 4u;
const COLUMNS4: u32 = 1u;       // ceil(COLUMNS / 4)
const SHARED_B: bool = true;    // b has no batch
const SPLITS: u32 = 1u;         // invocations over k
const WORKGROUP_X: u32 = 8u;        // invocations of a workgroup along columns
const WORKGROUP_Y: u32 = 8u;        // and along rows
const INVOCATIONS: u32 = 64u;          // WORKGROUP_X * WORKGROUP_Y * SPLITS

#if VECTOR_A
@group(0) @binding(0) var<storage, read> a: array<vec4<elem>>;    // [BATCH, ROWS, TERMS/4]
#else
@group(0) @binding(0) var<storage, read> a: array<elem>;          // [BATCH, ROWS, TERMS]
#endif
#if VECTOR_B
@group(0) @binding(1) var<storage, read> b: array<vec4<elem>>;    // [BATCH or 1, TERMS, COLUMNS4]
#else
@group(0) @binding(1) var<storage, read> b: array<elem>;          // [BATCH or 1, TERMS, COLUMNS]
#endif
#if BIAS
@group(0) @binding(2) var<storage, read> bias: array<elem>;       // [COLUMNS]
#endif
@group(0) @binding(3) var<storage, read_write> dst: array<elem>;  // [BATCH, ROWS, COLUMNS]

#if SPLIT
// [SPLITS, WORKGROUP_Y, WORKGROUP_X][4 rows]
var<workgroup> partials: array<array<vec4<f32>, 4>, INVOCATIONS>;
#endif

// a[row, 4*step ..]; zero past TERMS. Rows past the end repeat the last one.
fn load_a(image: u32, row: u32, step: u32) -> vec4<f32> {
  let base = image * ROWS + min(row, ROWS - 1u);
#if VECTOR_A
  return vec4<f32>(a[base * STEPS + step]);
#else
  let k = 4u * step + vec4<u32>(0u, 1u, 2u, 3u);
  let i = base * TERMS + min(k, vec4<u32>(TERMS - 1u));
  return select(vec4<f32>(), vec4<f32>(f32(a[i.x]), f32(a[i.y]), f32(a[i.z]), f32(a[i.w])), k < vec4<u32>(TERMS));
#endif
}

// b[k, 4*column4 ..]. Past the last k or column the nearest one is read; its product is zero or not written.
fn load_b(image: u32, k: u32, column4: u32) -> vec4<f32> {
  let row = select(image * TERMS, 0u, SHARED_B) + min(k, TERMS - 1u);
#if VECTOR_B
  return vec4<f32>(b[row * COLUMNS4 + min(column4, COLUMNS4 - 1u)]);
#else
  let i = row * COLUMNS + min(4u * column4 + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(COLUMNS - 1u));
  return vec4<f32>(f32(b[i.x]), f32(b[i.y]), f32(b[i.z]), f32(b[i.w]));
#endif
}

fn write(image: u32, row: u32, column: u32, sum: vec4<f32>) {
  if (row >= ROWS || column >= COLUMNS) { return; }
  let count = min(4u, COLUMNS - column);
  var value = sum;
#if BIAS
  for (var j = 0u; j < count; j++) {
    value[j] += f32(bias[column + j]);
  }
#endif
  value = activate(value);
  for (var j = 0u; j < count; j++) {
    dst[(image * ROWS + row) * COLUMNS + column + j] = elem(value[j]);
  }
}

fn mac(sum: vec4<f32>, x: vec4<f32>, w0: vec4<f32>, w1: vec4<f32>, w2: vec4<f32>, w3: vec4<f32>) -> vec4<f32> {
  return sum + x.x * w0 + x.y * w1 + x.z * w2 + x.w * w3;
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y, SPLITS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let column4 = workgroup.x * WORKGROUP_X + local.x;
  let tile = (workgroup.z * grid.y + workgroup.y) * WORKGROUP_Y + local.y;
  let image = min(tile / ROW_TILES, BATCH - 1u);
  let row = select(ROWS, tile % ROW_TILES * 4u, tile < BATCH * ROW_TILES);   // ROWS: nothing to write
  var c0 = vec4<f32>(); var c1 = vec4<f32>(); var c2 = vec4<f32>(); var c3 = vec4<f32>();
  for (var step = local.z; step < STEPS; step += SPLITS) {
    let w0 = load_b(image, 4u * step, column4);
    let w1 = load_b(image, 4u * step + 1u, column4);
    let w2 = load_b(image, 4u * step + 2u, column4);
    let w3 = load_b(image, 4u * step + 3u, column4);
    c0 = mac(c0, load_a(image, row, step), w0, w1, w2, w3);
    if (ROWS > 1u) {
      c1 = mac(c1, load_a(image, row + 1u, step), w0, w1, w2, w3);
      c2 = mac(c2, load_a(image, row + 2u, step), w0, w1, w2, w3);
      c3 = mac(c3, load_a(image, row + 3u, step), w0, w1, w2, w3);
    }
  }
#if SPLIT
  let place = local.y * WORKGROUP_X + local.x;
  partials[local.z * WORKGROUP_X * WORKGROUP_Y + place] = array<vec4<f32>, 4>(c0, c1, c2, c3);
  workgroupBarrier();
  if (local.z > 0u) { return; }
  for (var split = 1u; split < SPLITS; split++) {
    let at = split * WORKGROUP_X * WORKGROUP_Y + place;
    c0 += partials[at][0]; c1 += partials[at][1]; c2 += partials[at][2]; c3 += partials[at][3];
  }
#endif
  write(image, row, 4u * column4, c0);
  write(image, row + 1u, 4u * column4, c1);
  write(image, row + 2u, 4u * column4, c2);
  write(image, row + 3u, 4u * column4, c3);
}
