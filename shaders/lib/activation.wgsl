// Elementwise functions for epilogues and the unary kernel. Which one is a constant, so the switch
// costs nothing at run time. Set by activationConstants() of src/kernels/activation.ts.
const ACTIVATION: u32 = 0u;     // index into ACTIVATION_CODES
const ACT_A: f32 = 0.0;         // alpha, or the lower bound of clip
const ACT_B: f32 = 0.0;         // beta, or the upper bound of clip

// exp overflows in f32 past 88; tanh is 1 to the last bit past 10.
fn safe_tanh(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(x, vec4(-10.0), vec4(10.0)));
}

// min, max and clamp give a number where x is none: NaN goes on as NaN, so that the result tells. By its bits, because
// compilers may take comparisons of floats to be free of NaN.
fn keep_nan(value: vec4<f32>, x: vec4<f32>) -> vec4<f32> {
  return select(value, x, (bitcast<vec4<u32>>(x) & vec4(0x7fffffffu)) > vec4(0x7f800000u));
}

// tanh would hide an infinite sum, too, which is what numbers too large for f16 become: it goes on as it is.
fn telling_tanh(x: vec4<f32>) -> vec4<f32> {
  return select(safe_tanh(x), x, (bitcast<vec4<u32>>(x) & vec4(0x7f800000u)) == vec4(0x7f800000u));
}

fn activate(x: vec4<f32>) -> vec4<f32> {
  switch ACTIVATION {
    case 0u: { return x; }
    case 1u: { return keep_nan(max(x, vec4(0.0)), x); }                       // relu
    case 2u: { return keep_nan(1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0)))), x); } // sigmoid
    case 3u: { return telling_tanh(x); }
    default: { return activate_rarely(x); }                                   // lib/activation-rare.wgsl
  }
}
