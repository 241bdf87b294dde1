// Max and average pooling (ONNX MaxPool, AveragePool), NHWC.
//   dst[n, y, x, c] = max or mean over (ky, kx) of src[n, y*STRIDE_Y - PAD_TOP + ky*DILATION_Y, (x likewise), c]
// Taps outside the picture are skipped. The mean divides by the taps inside the picture or, with PADDING_COUNTS,
// inside the padded picture; taps past the padding (ceil_mode) never count.
// One invocation writes one unit of channels of one pixel.
#include "lib/linear.wgsl"
#include "lib/window.wgsl"
alias unit = f32;               // one channel or four, and the same in f32; set by src/kernels/pool2d.ts
alias wide = f32;
const UNITS: u32 = 1u;          // units of channels
const DST_UNITS: u32 = 1u;      // units of channels of dst, of which the shader writes UNITS
const DST_FIRST: u32 = 0u;      // the first unit that is written
const PADDED_H: i32 = 1;        // IN_H + bottom pad
const PADDED_W: i32 = 1;        // IN_W + right pad
const AVERAGE: bool = false;
const PADDING_COUNTS: bool = false;

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [N, IN_H, IN_W, UNITS]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [N, OUT_H, OUT_W, DST_UNITS]

fn run(index: u32) {
  let channel = index % UNITS;
  let to = index / UNITS * DST_UNITS + DST_FIRST + channel;
  let start = window_at(place(index / UNITS));
  var highest = wide(-3.4028234663852886e38);
  var total = wide(0.0);
  var taps = 0.0;
  for (var ky = 0u; ky < KERNEL_H; ky++) {
    for (var kx = 0u; kx < KERNEL_W; kx++) {
      let pixel = under(start, ky, kx);
      let row = start.y + i32(ky) * DILATION_Y;
      let column = start.z + i32(kx) * DILATION_X;
      if (pixel >= 0) {
        let value = wide(src[u32(pixel) * UNITS + channel]);
        highest = select(max(highest, value), value, taps == 0.0);  // of NaN alone: NaN
        total += value;
        taps += 1.0;
      } else if (PADDING_COUNTS && row < PADDED_H && column < PADDED_W) {
        taps += 1.0;
      }
    }
  }
  if (AVERAGE) {
    dst[to] = unit(total / max(taps, 1.0));
  } else {
    dst[to] = unit(highest);
  }
}
