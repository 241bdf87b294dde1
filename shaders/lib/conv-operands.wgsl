// What a convolution adds and writes, as lib/conv-epilogue.wgsl wants it; set by src/kernels/conv-gather.ts.
alias elem = f32;
alias dst_elem = elem;          // f32 where dst is a part of the sums (lib/conv-part.wgsl)
const OUT_C: u32 = 8u;          // all output channels
const DST_C: u32 = 8u;          // channels of dst, of which this writes OUT_C
const DST_FIRST: u32 = 0u;      // from this one on
const PIXELS: u32 = 1u;         // batch * OUT_H * OUT_W

alias elem4 = vec4<elem>;
alias sum4 = vec4<f32>;

#if VECTOR_OUT
@group(0) @binding(2) var<storage, read> bias: array<elem4>;                // [OUT_C/4]
@group(0) @binding(3) var<storage, read> residual: array<elem4>;            // [PIXELS, OUT_C/4]
@group(0) @binding(4) var<storage, read_write> dst: array<vec4<dst_elem>>;  // [PIXELS, DST_C/4]
#else
@group(0) @binding(2) var<storage, read> bias: array<elem>;                 // [OUT_C]
@group(0) @binding(3) var<storage, read> residual: array<elem>;             // [PIXELS, OUT_C]
@group(0) @binding(4) var<storage, read_write> dst: array<dst_elem>;        // [PIXELS, DST_C]
#endif
