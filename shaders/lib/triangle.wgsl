// The taps of an antialiasing triangle filter for one output sample: bilinear interpolation whose support
// grows with the reduction factor. Samples outside the picture are ignored.
struct Taps {
  begin: u32,
  end: u32,          // one past the last
  centre: f32,       // in input samples; sample i covers [i, i + 1)
  radius: f32,
  total: f32,        // sum of the weights
}

fn triangle_weight(taps: Taps, i: u32) -> f32 {
  return max(0.0, 1.0 - abs(f32(i) + 0.5 - taps.centre) / taps.radius);
}

fn triangle_taps(out: u32, in_size: u32, out_size: u32) -> Taps {
  let ratio = f32(in_size) / f32(out_size);
  var taps: Taps;
  taps.centre = (f32(out) + 0.5) * ratio;
  taps.radius = max(1.0, ratio);
  taps.begin = u32(max(0.0, floor(taps.centre - taps.radius + 0.5)));
  taps.end = min(in_size, u32(floor(taps.centre + taps.radius + 0.5)));
  taps.total = 0.0;
  for (var i = taps.begin; i < taps.end; i++) {
    taps.total += triangle_weight(taps, i);
  }
  return taps;
}
