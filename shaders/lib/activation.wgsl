// Elementwise functions for epilogues and the unary kernel. Which one is a constant, so the switch
// costs nothing at run time. Set by activationConstants() of src/kernels/activation.ts.
const ACTIVATION: u32 = 0u;     // index into ACTIVATION_CODES
const ACT_A: f32 = 0.0;         // alpha, or the lower bound of clip
const ACT_B: f32 = 0.0;         // beta, or the upper bound of clip

// exp overflows in f32 past 88; tanh is 1 to the last bit past 10.
fn safe_tanh(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(x, vec4(-10.0), vec4(10.0)));
}

fn activate(x: vec4<f32>) -> vec4<f32> {
  switch ACTIVATION {
    case 0u: { return x; }
    case 1u: { return max(x, vec4(0.0)); }                                    // relu
    case 2u: { return 1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0)))); } // sigmoid
    case 3u: { return safe_tanh(x); }
    default: { return activate_rarely(x); }                                   // lib/activation-rare.wgsl
  }
}
