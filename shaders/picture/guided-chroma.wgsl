// Lines that give a* and b* by L*, around each sample of a network's chroma: the coefficients of a guided filter whose
// guide is L* (He, Sun 2015, "Fast guided filter", algorithm 2).
//   q = SATURATION * p * c^2 / (c^2 + KNEE^2),  p = CHROMA_SCALE * ab[., i],  c = |p|,  shown(i) = q + (0, WARMTH * |q|)
//   line(j): slope = cov(L*, shown) / (var(L*) + EPSILON), intercept = mean(shown) - slope * mean(L*), over the samples near j
//   dst[0, i] = mean of line(j), dst[1, i] = least and most of shown(j), over the samples j near i
// Near a sample are the 3x3 samples around it, edges repeated. One invocation writes one sample.
alias elem = f32;               // defaults; set by src/kernels/picture/guided-chroma.ts
const MAP_W: u32 = 1u;          // samples, padding left out
const MAP_H: u32 = 1u;
const ROW_STRIDE: u32 = 1u;     // elements of ab and of lightness
const PLANE_STRIDE: u32 = 1u;
const CHROMA_SCALE: f32 = 1.0;  // a*, b* per unit of ab
const SATURATION: f32 = 1.0;
const KNEE: f32 = 0.0;          // a*, b*
const WARMTH: f32 = 0.0;        // of the chroma, added to b*
const EPSILON: f32 = 16.0;      // of L*, squared: where L* varies less, a* and b* are averaged

@group(0) @binding(0) var<storage, read> ab: array<elem>;              // [2, PLANE_STRIDE]
@group(0) @binding(1) var<storage, read> lightness: array<f32>;        // [PLANE_STRIDE], L*
@group(0) @binding(2) var<storage, read_write> dst: array<vec4<f32>>;  // [2, MAP_H, MAP_W]

// The i-th of the samples near `place`, 0 to 8.
fn near(place: vec2<u32>, i: u32) -> vec2<u32> {
  return clamp(place + vec2(i % 3u, i / 3u), vec2(1u), vec2(MAP_W, MAP_H)) - 1u;
}

fn lightness_at(place: vec2<u32>) -> f32 {
  return lightness[place.y * ROW_STRIDE + place.x];
}

fn shown(place: vec2<u32>) -> vec2<f32> {
  let i = place.y * ROW_STRIDE + place.x;
  let chroma = CHROMA_SCALE * vec2(f32(ab[i]), f32(ab[PLANE_STRIDE + i]));
  let squared = dot(chroma, chroma);
  let saturated = SATURATION * chroma * (squared / max(squared + KNEE * KNEE, 1e-9));
  return saturated + vec2(0.0, WARMTH * length(saturated));
}

// Slopes of a* and b*, and their intercepts.
fn line(place: vec2<u32>) -> vec4<f32> {
  var mean = vec4(0.0);            // of L*, its square, a*, b*
  var products = vec2(0.0);        // mean of L* times a* and b*
  for (var i = 0u; i < 9u; i++) {
    let l = lightness_at(near(place, i));
    let chroma = shown(near(place, i));
    mean += vec4(l, l * l, chroma) / 9.0;
    products += l * chroma / 9.0;
  }
  let slope = (products - mean.x * mean.zw) / (mean.y - mean.x * mean.x + EPSILON);
  return vec4(slope, mean.zw - slope * mean.x);
}

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= MAP_W || id.y >= MAP_H) { return; }
  var mean = vec4(0.0);
  var least = shown(id.xy);
  var most = least;
  for (var i = 0u; i < 9u; i++) {
    let place = near(id.xy, i);
    mean += line(place) / 9.0;
    least = min(least, shown(place));
    most = max(most, shown(place));
  }
  let i = id.y * MAP_W + id.x;
  dst[i] = mean;
  dst[MAP_W * MAP_H + i] = vec4(least, most);
}
