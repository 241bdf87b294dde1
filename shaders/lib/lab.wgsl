// sRGB (IEC 61966-2-1) and CIE 1976 L*a*b* (CIE 15, white D65). R, G, B in [0, 1], L* in [0, 100].
// The matrices follow from the primaries and the white; src/image/lab.ts derives them and is the reference.
const LAB_EPSILON: f32 = 0.008856451679035631;  // 216/24389
const LAB_KAPPA: f32 = 903.2962962962963;       // 24389/27
const WHITE_X: f32 = 0.9504559270516717;        // D65, Y = 1
const WHITE_Z: f32 = 1.0890577507598784;
const GAMUT_SLACK: f32 = 3e-5;                  // in linear light
const CLIP_STEPS: u32 = 12u;

fn srgb_to_linear(c: vec3<f32>) -> vec3<f32> {
  return select(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, c <= vec3(0.04045));
}

fn linear_to_srgb(linear: vec3<f32>) -> vec3<f32> {
  let c = clamp(linear, vec3(0.0), vec3(1.0));
  return select(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, 12.92 * c, c <= vec3(0.0031308));
}

// L* of an sRGB colour.
fn srgb_luminance(rgb: vec3<f32>) -> f32 {
  let y = dot(srgb_to_linear(rgb), vec3(0.21263900587151027, 0.715168678767756, 0.07219231536073371));
  return select(LAB_KAPPA * y, 116.0 * pow(y, 1.0 / 3.0) - 16.0, y > LAB_EPSILON);
}

// a* and b* of linear R, G, B.
fn linear_to_ab(linear: vec3<f32>) -> vec2<f32> {
  let xyz = vec3(
    dot(linear, vec3(0.4123907992659593, 0.357584339383878, 0.1804807884018343)) / WHITE_X,
    dot(linear, vec3(0.21263900587151027, 0.715168678767756, 0.07219231536073371)),
    dot(linear, vec3(0.01933081871559182, 0.11919477979462598, 0.9505321522496607)) / WHITE_Z);
  let f = select((LAB_KAPPA * xyz + 16.0) / 116.0, pow(xyz, vec3(1.0 / 3.0)), xyz > vec3(LAB_EPSILON));
  return vec2(500.0 * (f.x - f.y), 200.0 * (f.y - f.z));
}

// Linear light of the grey with this L*.
fn grey_luminance(l: f32) -> f32 {
  let f = (l + 16.0) / 116.0;
  return select(l / LAB_KAPPA, f * f * f, f * f * f > LAB_EPSILON);
}

// Linear R, G, B of L*, a*, b*; outside [0, 1] for colours outside sRGB.
fn lab_to_linear(l: f32, ab: vec2<f32>) -> vec3<f32> {
  let fy = (l + 16.0) / 116.0;
  let f = vec3(fy + ab.x / 500.0, fy, fy - ab.y / 200.0);
  let cube = f * f * f;
  let t = select((116.0 * f - 16.0) / LAB_KAPPA, cube, cube > vec3(LAB_EPSILON));
  let xyz = t * vec3(WHITE_X, 1.0, WHITE_Z);
  return vec3(
    dot(xyz, vec3(3.2409699419045226, -1.537383177570094, -0.4986107602930034)),
    dot(xyz, vec3(-0.9692436362808796, 1.8759675015077202, 0.04155505740717559)),
    dot(xyz, vec3(0.05563007969699366, -0.20397695888897652, 1.0569715142428786)));
}

fn in_gamut(linear: vec3<f32>) -> bool {
  return all(linear >= vec3(-GAMUT_SLACK)) && all(linear <= vec3(1.0 + GAMUT_SLACK));
}

// Linear R, G, B of the colour inside sRGB with the same L* and hue and the largest chroma, up to the given one.
fn clip_chroma(l: f32, ab: vec2<f32>) -> vec3<f32> {
  var linear = lab_to_linear(l, ab);
  if (in_gamut(linear)) { return linear; }
  var inside = 0.0;
  var step = 0.5;
  for (var i = 0u; i < CLIP_STEPS; i++) {
    let t = inside + step;
    if (in_gamut(lab_to_linear(l, ab * t))) { inside = t; }
    step *= 0.5;
  }
  return lab_to_linear(l, ab * inside);
}
