// Lines that give a* and b* by L*, around each sample of a network's chroma: the coefficients of a guided filter whose
// guide is L* (He, Sun 2015, "Fast guided filter", algorithm 2).
//   shown(i) = SATURATION * p * c^2 / (c^2 + KNEE^2),  p = CHROMA_SCALE * ab[., i],  c = |p|
//   in each window: slope = cov(L*, shown) / (var(L*) + EPSILON), intercept = mean(shown) - slope * mean(L*)
//   dst[0, i] = mean of (slope, intercept) over the windows whose centres are in the window around i
//   dst[1, i] = (least, most) of shown in the window around i
// A window has 3x3 samples, fewer at the picture's borders. One invocation writes one sample.
alias elem = f32;               // defaults; set by src/kernels/picture/guided-chroma.ts
const MAP_W: u32 = 1u;          // samples, padding left out
const MAP_H: u32 = 1u;
const ROW_STRIDE: u32 = 1u;     // elements of ab and of lightness
const PLANE_STRIDE: u32 = 1u;
const CHROMA_SCALE: f32 = 1.0;  // a*, b* per unit of ab
const SATURATION: f32 = 1.0;
const KNEE: f32 = 0.0;          // a*, b*
const EPSILON: f32 = 16.0;      // of L*, squared: where L* varies less, a* and b* are averaged

@group(0) @binding(0) var<storage, read> ab: array<elem>;                // [2, PLANE_STRIDE]
@group(0) @binding(1) var<storage, read> lightness: array<f32>;          // [PLANE_STRIDE], L*
@group(0) @binding(2) var<storage, read_write> dst: array<vec4<f32>>;    // [2, MAP_H, MAP_W]

struct Fit {
  line: vec4<f32>,   // slopes of a* and b*, their intercepts
  range: vec4<f32>,  // least a* and b*, most a* and b*
}

fn shown(i: u32) -> vec2<f32> {
  let chroma = CHROMA_SCALE * vec2(f32(ab[i]), f32(ab[PLANE_STRIDE + i]));
  let squared = dot(chroma, chroma);
  return SATURATION * chroma * (squared / max(squared + KNEE * KNEE, 1e-9));
}

// First and last sample of a window along one axis.
fn window(centre: u32, size: u32) -> vec2<u32> {
  return vec2(max(centre, 1u) - 1u, min(centre + 1u, size - 1u));
}

fn fit(columns: vec2<u32>, rows: vec2<u32>) -> Fit {
  let first = rows.x * ROW_STRIDE + columns.x;
  let base = lightness[first];     // differences keep the variance exact
  var range = vec4(shown(first), shown(first));
  var sum = vec4(0.0);             // of L*, L* squared, a*, b*
  var products = vec2(0.0);        // of L* with a* and with b*
  for (var y = rows.x; y <= rows.y; y++) {
    for (var x = columns.x; x <= columns.y; x++) {
      let l = lightness[y * ROW_STRIDE + x] - base;
      let chroma = shown(y * ROW_STRIDE + x);
      sum += vec4(l, l * l, chroma);
      products += l * chroma;
      range = vec4(min(range.xy, chroma), max(range.zw, chroma));
    }
  }
  let count = f32((columns.y - columns.x + 1u) * (rows.y - rows.x + 1u));
  let mean = sum / count;
  let slope = (products / count - mean.x * mean.zw) / (mean.y - mean.x * mean.x + EPSILON);
  return Fit(vec4(slope, mean.zw - slope * (base + mean.x)), range);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= MAP_W || id.y >= MAP_H) { return; }
  let columns = window(id.x, MAP_W);
  let rows = window(id.y, MAP_H);
  var sum = vec4(0.0);
  for (var y = rows.x; y <= rows.y; y++) {
    for (var x = columns.x; x <= columns.y; x++) {
      sum += fit(window(x, MAP_W), window(y, MAP_H)).line;
    }
  }
  let count = f32((columns.y - columns.x + 1u) * (rows.y - rows.x + 1u));
  let i = id.y * MAP_W + id.x;
  dst[i] = sum / count;
  dst[MAP_W * MAP_H + i] = fit(columns, rows).range;
}
