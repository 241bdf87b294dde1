// The inner step of convolutions: four input channels of a pixel times their weights of four output channels.
alias factor4 = vec4<f32>;

fn mac(sum: sum4, a: factor4, w0: factor4, w1: factor4, w2: factor4, w3: factor4) -> sum4 {
  return fma(w3, factor4(a.w), fma(w2, factor4(a.z), fma(w1, factor4(a.y), fma(w0, factor4(a.x), sum))));
}
