// Peak arithmetic: every invocation does ROUNDS multiply-adds on each of 4 or 8 independent vectors in registers.
//   s_k <- s_k * a + b, for k below 4, or 8 with EIGHT
//   dst[i] = sum of s_k
const ROUNDS: u32 = 256;        // set by bench/roof.ts
alias number = f32;             // f32 or f16; set by bench/roof.ts

@group(0) @binding(0) var<storage, read> src: array<vec4<number>>;        // [2]: a, b
@group(0) @binding(1) var<storage, read_write> dst: array<vec4<number>>;  // [invocations]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = src[0];
  let b = src[1];
  let start = vec4<number>(number(f32(id.x) * 1e-9));
  var s0 = start;
  var s1 = start + 0.125;
  var s2 = start + 0.25;
  var s3 = start + 0.375;
#if EIGHT
  var s4 = start + 0.5;
  var s5 = start + 0.625;
  var s6 = start + 0.75;
  var s7 = start + 0.875;
#endif
  for (var round = 0u; round < ROUNDS; round++) {
    s0 = fma(s0, a, b);
    s1 = fma(s1, a, b);
    s2 = fma(s2, a, b);
    s3 = fma(s3, a, b);
#if EIGHT
    s4 = fma(s4, a, b);
    s5 = fma(s5, a, b);
    s6 = fma(s6, a, b);
    s7 = fma(s7, a, b);
#endif
  }
#if EIGHT
  s0 += s4 + s5 + s6 + s7;
#endif
  dst[id.x] = s0 + s1 + s2 + s3;
}
