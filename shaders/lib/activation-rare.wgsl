// The functions of lib/activation.wgsl that few models use.

// Abramowitz and Stegun 7.1.26, absolute error below 1.5e-7.
fn erf4(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - poly * exp(-x * x));
}

fn activate_rarely(x: vec4<f32>) -> vec4<f32> {
  switch ACTIVATION {
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
