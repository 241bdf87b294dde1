// The windows of a convolution as rows of a matrix (im2col), for pictures of so few channels that a vec4 would be mostly padding.
//   dst[n, y, x, tap*IN_C + i] = src[n, y*STRIDE_Y + ky*DILATION_Y - PAD_TOP, x*STRIDE_X + kx*DILATION_X - PAD_LEFT, i]
//   with tap = ky*KERNEL_W + kx, src = 0 outside the image, and zeros after the last tap
// One invocation writes four elements of a row.
alias elem = f32;               // defaults; set by src/kernels/flatten-windows.ts
const IN_H: i32 = 1;
const IN_W: i32 = 1;
const IN_C: u32 = 1u;
const OUT_H: u32 = 1u;
const OUT_W: u32 = 1u;
const KERNEL_W: u32 = 1u;
const LENGTH: u32 = 1u;         // taps * IN_C
const ROW4: u32 = 1u;           // ceil(LENGTH / 4)
const COUNT: u32 = 1u;          // batch * OUT_H * OUT_W * ROW4
const STRIDE_Y: i32 = 1;
const STRIDE_X: i32 = 1;
const PAD_TOP: i32 = 0;
const PAD_LEFT: i32 = 0;
const DILATION_Y: i32 = 1;
const DILATION_X: i32 = 1;

@group(0) @binding(0) var<storage, read> src: array<elem>;                   // [batch*IN_H*IN_W, IN_C]
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<elem>>;       // [batch*OUT_H*OUT_W, ROW4]

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) grid: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(workgroup, grid, local, 64u);
  if (index >= COUNT) { return; }
  let pixel = index / ROW4;
  let image = i32(pixel / (OUT_W * OUT_H)) * IN_H;
  let top = i32((pixel / OUT_W) % OUT_H) * STRIDE_Y - PAD_TOP;
  let left = i32(pixel % OUT_W) * STRIDE_X - PAD_LEFT;
  var four = vec4<elem>();
  for (var i = 0u; i < 4u; i++) {
    let at = index % ROW4 * 4u + i;
    let tap = at / IN_C;
    let y = top + i32(tap / KERNEL_W) * DILATION_Y;
    let x = left + i32(tap % KERNEL_W) * DILATION_X;
    if (at < LENGTH && y >= 0 && y < IN_H && x >= 0 && x < IN_W) {
      four[i] = src[u32((image + y) * IN_W + x) * IN_C + at % IN_C];
    }
  }
  dst[index] = four;
}
