// im2col: writes the windows of a convolution as rows of a matrix, for images with so few channels that a vec4 would be mostly padding.
//   dst[n, y, x, tap*IN_C + i] = src[n, y*STRIDE_Y + ky*DILATION_Y - PAD_TOP, x*STRIDE_X + kx*DILATION_X - PAD_LEFT, i]
//   with tap = ky*KERNEL_W + kx, src = 0 outside the image, and zeros after the last tap
// One invocation writes four elements of a row.
#include "../lib/linear.wgsl"
#include "../lib/window.wgsl"
alias elem = f32;               // defaults; set by src/kernels/conv/flat.ts
const IN_C: u32 = 1u;
const TERMS: u32 = 1u;          // taps * IN_C
const ROW4: u32 = 1u;           // ceil(TERMS / 4)

@group(0) @binding(0) var<storage, read> src: array<elem>;                   // [batch*IN_H*IN_W, IN_C]
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<elem>>;       // [batch*OUT_H*OUT_W, ROW4]

fn run(index: u32) {
  let start = window_at(place(index / ROW4));
  var four = vec4<elem>();
  for (var i = 0u; i < 4u; i++) {
    let at = index % ROW4 * 4u + i;
    let tap = at / IN_C;
    let pixel = under(start, tap / KERNEL_W, tap % KERNEL_W);
    if (at < TERMS && pixel >= 0) {
      four[i] = src[u32(pixel) * IN_C + at % IN_C];
    }
  }
  dst[index] = four;
}
