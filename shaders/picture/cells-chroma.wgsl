// The mean a*b* of a distribution over cells of the a*b* plane (Zhang, Isola, Efros 2016, "Colorful image colorization", equation 5).
//   weight of cell q = exp((src[q, i] - max over cells of src[., i]) / TEMPERATURE)
//   dst[c, i] = sum over q of weight * cells[q][c] / sum of weights
// One invocation writes a* and b* of one sample.
#include "../lib/linear.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/cells-chroma.ts
const CELLS: u32 = 1u;
const TEMPERATURE: f32 = 1.0;

@group(0) @binding(0) var<storage, read> src: array<elem>;         // [CELLS, COUNT], scores
@group(0) @binding(1) var<storage, read> cells: array<vec2<f32>>;  // [CELLS], a* and b* of the centres
@group(0) @binding(2) var<storage, read_write> dst: array<f32>;    // [2, COUNT], a* and b*

fn run(i: u32) {
  var most = f32(src[i]);
  for (var q = 1u; q < CELLS; q++) { most = max(most, f32(src[q * COUNT + i])); }
  var total = 0.0;
  var sum = vec2(0.0);
  for (var q = 0u; q < CELLS; q++) {
    let weight = exp((f32(src[q * COUNT + i]) - most) / TEMPERATURE);
    total += weight;
    sum += weight * cells[q];
  }
  dst[i] = sum.x / total;
  dst[COUNT + i] = sum.y / total;
}
