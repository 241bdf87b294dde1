// Elementwise functions for epilogues and the unary kernel. ACTIVATION is a constant, so the switch costs nothing at
// run time. activationConstants() of src/kernels/activation.ts sets the constants.
const ACTIVATION: u32 = 0u;     // index into ACTIVATION_CODES
const ACT_A: f32 = 0.0;         // alpha, or the lower bound of clip
const ACT_B: f32 = 0.0;         // beta, or the upper bound of clip

// exp overflows in f32 past 88; tanh is 1 to the last bit past 10.
fn safe_tanh(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(x, vec4(-10.0), vec4(10.0)));
}

// Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.
fn erf4(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - poly * exp(-x * x));
}

// Returns x where it is NaN, so that NaN shows in the result; min, max and clamp would return a number. Tests the bits, because
// compilers may assume that floats in comparisons are not NaN.
fn keep_nan(value: vec4<f32>, x: vec4<f32>) -> vec4<f32> {
  return select(value, x, (bitcast<vec4<u32>>(x) & vec4(0x7fffffffu)) > vec4(0x7f800000u));
}

// Also keeps infinities, which are sums too large for f16: tanh would hide them.
fn telling_tanh(x: vec4<f32>) -> vec4<f32> {
  return select(safe_tanh(x), x, (bitcast<vec4<u32>>(x) & vec4(0x7f800000u)) == vec4(0x7f800000u));
}

fn activate(x: vec4<f32>) -> vec4<f32> {
  switch ACTIVATION {
    case 0u: { return x; }
    case 1u: { return keep_nan(max(x, vec4(0.0)), x); }                       // relu
    case 2u: { return keep_nan(1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0)))), x); } // sigmoid
    case 3u: { return telling_tanh(x); }
    case 4u: { return sqrt(x); }
    case 5u: { return exp(x); }
    case 6u: { return abs(x); }
    case 7u: { return -x; }
    case 8u: { return erf4(x); }
    case 9u: { return 0.5 * x * (1.0 + erf4(x * 0.7071067811865476)); }        // gelu
    case 10u: { return 0.5 * x * (1.0 + safe_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
    case 11u: { return log(x); }
    case 12u: { return 1.0 / x; }
    case 13u: { return floor(x); }
    case 14u: { return ceil(x); }
    case 15u: { return keep_nan(max(x, vec4(0.0)) + log(1.0 + exp(-abs(x))), x); } // softplus
    case 16u: { return select(x, ACT_A * x, x < vec4(0.0)); }                  // leakyRelu
    case 17u: { return select(x, ACT_A * (exp(min(x, vec4(0.0))) - 1.0), x < vec4(0.0)); } // elu
    case 18u: { return keep_nan(clamp(ACT_A * x + ACT_B, vec4(0.0), vec4(1.0)), x); } // hardSigmoid
    case 19u: { return keep_nan(min(max(x, vec4(ACT_A)), vec4(ACT_B)), x); }   // clip
    default: { return x; }
  }
}
