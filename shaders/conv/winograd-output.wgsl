// Winograd's output transform into NHWC images:
//   dst[pixels of tile t] = activate(bias + residual + A^T m A) of each channel (its maxima with POOL), where m is the POINTS x POINTS products
// of tile t, which covers OUTPUTS x OUTPUTS pixels. Tiles go along x, then y, then images; pixels past the image are
// not written. One invocation transforms one unit of one tile: a channel, or four.
#include "../lib/linear.wgsl"
#include "../lib/winograd.wgsl"
#include "../lib/activation.wgsl"
alias unit = f32;               // defaults; set by src/kernels/conv/winograd-transforms.ts
alias product = f32;            // as many channels in f32, also in f16 storage: products are larger than what they sum to
const POOL: u32 = 1u;           // side of the max pooling window that follows; it divides OUTPUTS and the image
const OUT_H: u32 = 1u;          // before pooling
const OUT_W: u32 = 1u;
const OUT_UNITS: u32 = 4u;      // units of an output pixel
const UNITS: u32 = 4u;          // units of a product; those past OUT_UNITS are unused
const DST_UNITS: u32 = 4u;      // units of a pixel of dst, of which this shader writes OUT_UNITS
const DST_FIRST: u32 = 0u;      // the first unit that is written
const TILES_Y: u32 = 1u;        // tiles of one image
const TILES_X: u32 = 1u;
const FIRST_TILE: u32 = 0u;     // the first tile of this dispatch

@group(0) @binding(0) var<storage, read> src: array<product>;       // [tiles, POINTS, POINTS, UNITS]
@group(0) @binding(1) var<storage, read> bias: array<unit>;         // [OUT_UNITS]
#if RESIDUAL
@group(0) @binding(2) var<storage, read> residual: array<unit>;     // [batch, OUT_H, OUT_W, OUT_UNITS]
#endif
@group(0) @binding(3) var<storage, read_write> dst: array<unit>;    // [batch, OUT_H/POOL, OUT_W/POOL, DST_UNITS]

// The product of row y, column x of the tile whose first is at `first`.
fn load(first: u32, y: u32, x: u32) -> wide {
  return wide(src[first + (y * POINTS + x) * UNITS]);
}

fn column(first: u32, x: u32) -> outputs {
#if F2K3
  return output_transform(points(load(first, 0u, x), load(first, 1u, x), load(first, 2u, x), load(first, 3u, x)));
#elif F2K4
  return output_transform(points(
    load(first, 0u, x), load(first, 1u, x), load(first, 2u, x), load(first, 3u, x), load(first, 4u, x)));
#else
  return output_transform(points(
    load(first, 0u, x), load(first, 1u, x), load(first, 2u, x), load(first, 3u, x), load(first, 4u, x),
    load(first, 5u, x)));
#endif
}

fn finish(n: u32, y: u32, x: u32, c: u32, sum: wide) -> wide {
  var value = sum + wide(bias[c]);
#if RESIDUAL
  value += wide(residual[((n * OUT_H + y) * OUT_W + x) * OUT_UNITS + c]);
#endif
#if VECTOR
  return activate(value);
#else
  return activate(vec4<f32>(value)).x;
#endif
}

fn run(index: u32) {
  let tile = index / OUT_UNITS;
  let c = index % OUT_UNITS;
  let first = tile * POINTS * POINTS * UNITS + c;
  let c0 = column(first, 0u);
  let c1 = column(first, 1u);
  let c2 = column(first, 2u);
  let c3 = column(first, 3u);
#if F2K3
  let rows = array<outputs, 2>(
    output_transform(points(c0[0], c1[0], c2[0], c3[0])),
    output_transform(points(c0[1], c1[1], c2[1], c3[1])));
#elif F2K4
  let c4 = column(first, 4u);
  let rows = array<outputs, 2>(
    output_transform(points(c0[0], c1[0], c2[0], c3[0], c4[0])),
    output_transform(points(c0[1], c1[1], c2[1], c3[1], c4[1])));
#else
  let c4 = column(first, 4u);
  let c5 = column(first, 5u);
  let rows = array<outputs, 4>(
    output_transform(points(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0])),
    output_transform(points(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1])),
    output_transform(points(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2])),
    output_transform(points(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3])));
#endif
  let t = FIRST_TILE + tile;
  let n = t / (TILES_X * TILES_Y);
  let y = t / TILES_X % TILES_Y * OUTPUTS;
  let x = t % TILES_X * OUTPUTS;
  for (var i = 0u; i < OUTPUTS; i += POOL) {
    for (var j = 0u; j < OUTPUTS; j += POOL) {
      if (y + i >= OUT_H || x + j >= OUT_W) { continue; }
      var value = finish(n, y + i, x + j, c, rows[i][j]);
      for (var k = 1u; k < POOL * POOL; k++) {
        let dy = i + k / POOL;
        let dx = j + k % POOL;
        value = max(value, finish(n, y + dy, x + dx, c, rows[dy][dx]));
      }
      let pixel = (n * (OUT_H / POOL) + (y + i) / POOL) * (OUT_W / POOL) + (x + j) / POOL;
      dst[pixel * DST_UNITS + DST_FIRST + c] = unit(value);
    }
  }
}
