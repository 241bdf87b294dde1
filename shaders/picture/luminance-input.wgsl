// Writes a network's input: L*, scaled and repeated over channels; the last row and column are repeated into the padding.
//   dst[c, y, x] = value(mean of src over REDUCTION x REDUCTION samples from (y, x) * REDUCTION) * SCALE + OFFSET
//   value(L*) = L*, or with GREY the sRGB component (0 to 1) of the grey with this L*
// One invocation writes one position in all channels.
#include "../lib/lab.wgsl"
alias elem = f32;               // defaults; set by src/kernels/picture/luminance-input.ts
const CHANNELS: u32 = 1u;
const SCALE: f32 = 0.02;
const OFFSET: f32 = -1.0;
const SRC_W: u32 = 1u;          // pixels of src
const SRC_H: u32 = 1u;
const DST_W: u32 = 1u;          // pixels of dst
const DST_H: u32 = 1u;
const REDUCTION: u32 = 1u;      // samples of src for one of dst, along each axis

@group(0) @binding(0) var<storage, read> src: array<f32>;         // [SRC_H, SRC_W], L*
@group(0) @binding(1) var<storage, read_write> dst: array<elem>;  // [CHANNELS, DST_H, DST_W]

@compute @workgroup_size(16, 4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= DST_W || id.y >= DST_H) { return; }
  var sum = 0.0;
  for (var i = 0u; i < REDUCTION * REDUCTION; i++) {
    let x = min(id.x * REDUCTION + i % REDUCTION, SRC_W - 1u);
    let y = min(id.y * REDUCTION + i / REDUCTION, SRC_H - 1u);
    sum += src[y * SRC_W + x];
  }
  let lightness = sum / f32(REDUCTION * REDUCTION);
#if GREY
  let value = linear_to_srgb(vec3(grey_luminance(lightness))).x * SCALE + OFFSET;
#else
  let value = lightness * SCALE + OFFSET;
#endif
  let plane = DST_W * DST_H;
  for (var c = 0u; c < CHANNELS; c++) {
    dst[c * plane + id.y * DST_W + id.x] = elem(value);
  }
}
