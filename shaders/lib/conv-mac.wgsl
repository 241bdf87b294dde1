// The inner step of convolutions: four input channels of a pixel times their weights of four output channels.
#if HALF_PRODUCTS
// The four products are computed and summed in f16 and then added to an f32 sum.
alias factor4 = vec4<f16>;

fn mac(sum: sum4, a: factor4, w0: factor4, w1: factor4, w2: factor4, w3: factor4) -> sum4 {
  return sum + sum4(fma(w3, factor4(a.w), fma(w2, factor4(a.z), fma(w1, factor4(a.y), w0 * a.x))));
}
#else
alias factor4 = vec4<f32>;

fn mac(sum: sum4, a: factor4, w0: factor4, w1: factor4, w2: factor4, w3: factor4) -> sum4 {
  return fma(w3, factor4(a.w), fma(w2, factor4(a.z), fma(w1, factor4(a.y), fma(w0, factor4(a.x), sum))));
}
#endif
