// One-dimensional Winograd transforms of F(m, r): m outputs of a correlation with r taps from POINTS = m + r - 1
// products (Lavin and Gray 2015, "Fast algorithms for convolutional neural networks"). The matrices B^T and A^T follow
// from the interpolation points 0, 1, -1, 1/2, -2 (as many as needed) and infinity by the Toom-Cook construction;
// G is in src/kernels/conv/winograd-weights.ts. Every coefficient is exact in f32.
alias wide = f32;               // one channel or four, in f32

#if F2K3
const POINTS: u32 = 4u;
const OUTPUTS: u32 = 2u;
alias points = array<wide, 4>;
alias outputs = array<wide, 2>;

fn input_transform(d: points) -> points {
  return points(d[2] - d[0], d[1] + d[2], d[2] - d[1], d[3] - d[1]);
}

fn output_transform(m: points) -> outputs {
  return outputs(m[0] + m[1] + m[2], m[1] - m[2] + m[3]);
}
#elif F2K4
const POINTS: u32 = 5u;
const OUTPUTS: u32 = 2u;
alias points = array<wide, 5>;
alias outputs = array<wide, 2>;

fn input_transform(d: points) -> points {
  let p = d[3] - d[1];
  let q = 0.5 * (d[0] - d[2]);
  let r = 0.5 * (d[1] - d[3]);
  return points(
    q + p, d[3] + 0.5 * (d[2] - d[1]), d[3] - 1.5 * d[2] + 0.5 * d[1], p, r + d[4] - d[2]);
}

fn output_transform(m: points) -> outputs {
  return outputs(m[0] + m[1] + m[2] + m[3], m[1] - m[2] + 0.5 * m[3] + m[4]);
}
#else
const POINTS: u32 = 6u;
const OUTPUTS: u32 = 4u;
alias points = array<wide, 6>;
alias outputs = array<wide, 4>;

fn input_transform(d: points) -> points {
  let p = d[3] - d[1];
  let q = d[4] - d[2];
  return points(
    d[0] - 2.0 * d[2] + d[4] + 1.5 * p,
    d[4] - d[1] + 2.5 * d[3] + 0.5 * d[2],
    d[4] + d[1] - 2.5 * d[2] + 0.5 * d[3],
    q + 2.0 * p,
    q - 0.5 * p,
    d[1] - 2.0 * d[3] + d[5] + 1.5 * q);
}

fn output_transform(m: points) -> outputs {
  let sum = m[1] + m[2];
  let difference = m[1] - m[2];
  return outputs(
    m[0] + sum + m[3] + m[4],
    difference + 0.5 * m[3] - 2.0 * m[4],
    sum + 0.25 * m[3] + 4.0 * m[4],
    difference + 0.125 * m[3] - 8.0 * m[4] + m[5]);
}
#endif
