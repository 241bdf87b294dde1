// Max and average pooling (ONNX MaxPool, AveragePool), NHWC.
//   dst[n, y, x, c] = max or mean over (ky, kx) of src[n, y*STRIDE_H - PAD_TOP + ky*DILATION_H, (x likewise), c]
// Taps outside the picture are skipped. The mean divides by the taps inside the picture or, with COUNT_PADDING,
// inside the padded picture; a window that reaches past the padding (ceil_mode) never counts what lies there.
// One invocation writes one unit of channels of one pixel.
alias unit = f32;               // one channel or four, and the same in f32; set by src/kernels/pool2d.ts
alias wide = f32;
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const UNITS: u32 = 1u;          // units of channels
const COUNT: u32 = 1u;          // N * OUT_H * OUT_W * UNITS
const KERNEL_H: i32 = 1;
const KERNEL_W: i32 = 1;
const STRIDE_H: i32 = 1;
const STRIDE_W: i32 = 1;
const DILATION_H: i32 = 1;
const DILATION_W: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const PADDED_H: i32 = 1;        // IN_H + bottom pad
const PADDED_W: i32 = 1;        // IN_W + right pad
const AVERAGE: bool = false;
const COUNT_PADDING: bool = false;

@group(0) @binding(0) var<storage, read> src: array<unit>;        // [N, IN_H, IN_W, UNITS]
@group(0) @binding(1) var<storage, read_write> dst: array<unit>;  // [N, OUT_H, OUT_W, UNITS]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local, 64u);
  if (index >= COUNT) { return; }
  let channel = index % UNITS;
  let x = (index / UNITS) % OUT_W;
  let y = (index / UNITS / OUT_W) % OUT_H;
  let picture = (index / UNITS / OUT_W / OUT_H) * u32(IN_H * IN_W);
  let top = i32(y) * STRIDE_H - PAD_TOP;
  let left = i32(x) * STRIDE_W - PAD_LEFT;
  var highest = wide(-3.4028234663852886e38);
  var total = wide(0.0);
  var taps = 0.0;
  for (var ky = 0; ky < KERNEL_H; ky++) {
    let row = top + ky * DILATION_H;
    for (var kx = 0; kx < KERNEL_W; kx++) {
      let column = left + kx * DILATION_W;
      if (row >= 0 && row < IN_H && column >= 0 && column < IN_W) {
        let value = wide(src[(picture + u32(row * IN_W + column)) * UNITS + channel]);
        highest = select(max(highest, value), value, taps == 0.0);  // of NaN alone: NaN
        total += value;
        taps += 1.0;
      } else if (COUNT_PADDING && row < PADDED_H && column < PADDED_W) {
        taps += 1.0;
      }
    }
  }
  if (AVERAGE) {
    dst[index] = unit(total / max(taps, 1.0));
  } else {
    dst[index] = unit(highest);
  }
}
