/**
 * sRGB (IEC 61966-2-1) and CIE 1976 L*a*b* (CIE 15, white D65) in double precision: the reference for
 * shaders/lib/lab.wgsl and small enough for use on the CPU. R, G, B are in [0, 1], L* in [0, 100].
 */

/** Three numbers: R G B, X Y Z, or L* a* b*. */
export type Triple = readonly [number, number, number];

/** CIE 15: below EPSILON the cube root is replaced by a line of slope KAPPA. */
export const EPSILON = 216 / 24389;
export const KAPPA = 24389 / 27;

/** Chromaticities x, y of the sRGB primaries and of D65 (IEC 61966-2-1). */
const RED: readonly [number, number] = [0.64, 0.33];
const GREEN: readonly [number, number] = [0.3, 0.6];
const BLUE: readonly [number, number] = [0.15, 0.06];
const D65: readonly [number, number] = [0.3127, 0.329];

type Matrix = readonly [Triple, Triple, Triple];

/** X Y Z of a chromaticity, at Y = 1. */
function xyzOf([x, y]: readonly [number, number]): Triple {
  return [x / y, 1, (1 - x - y) / y];
}

function dot(u: Triple, v: Triple): number {
  return u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
}

function multiply(m: Matrix, v: Triple): Triple {
  return [dot(m[0], v), dot(m[1], v), dot(m[2], v)];
}

function cross(a: Triple, b: Triple): Triple {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Inverse of a 3x3 matrix by its adjugate. */
function invert([r0, r1, r2]: Matrix): Matrix {
  const [c0, c1, c2] = [cross(r1, r2), cross(r2, r0), cross(r0, r1)];
  const det = dot(r0, c0);
  const row = (i: 0 | 1 | 2): Triple => [c0[i] / det, c1[i] / det, c2[i] / det];
  return [row(0), row(1), row(2)];
}

/** White D65 as X Y Z with Y = 1. */
export const WHITE: Triple = xyzOf(D65);

/** Linear R G B to X Y Z: the primaries as columns, each scaled so that (1, 1, 1) is the white. */
export const RGB_TO_XYZ: Matrix = (() => {
  const [r, g, b] = [xyzOf(RED), xyzOf(GREEN), xyzOf(BLUE)];
  const columns = (sr: number, sg: number, sb: number): Matrix => [
    [r[0] * sr, g[0] * sg, b[0] * sb],
    [r[1] * sr, g[1] * sg, b[1] * sb],
    [r[2] * sr, g[2] * sg, b[2] * sb],
  ];
  return columns(...(multiply(invert(columns(1, 1, 1)), WHITE) as [number, number, number]));
})();

export const XYZ_TO_RGB: Matrix = invert(RGB_TO_XYZ);

/** sRGB component to linear light. */
export function toLinear(c: number): number {
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

/** Linear light to sRGB component. */
export function fromLinear(c: number): number {
  return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
}

/** The function f of L*a*b* (CIE 15). */
export function labF(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116;
}

/** The inverse of labF(). */
export function labInverseF(f: number): number {
  const cube = f * f * f; // five times as fast as f ** 3
  return cube > EPSILON ? cube : (116 * f - 16) / KAPPA;
}

/** sRGB to L*, a*, b*. */
export function rgbToLab([r, g, b]: Triple): Triple {
  const xyz = multiply(RGB_TO_XYZ, [toLinear(r), toLinear(g), toLinear(b)]);
  const [fx, fy, fz] = [labF(xyz[0] / WHITE[0]), labF(xyz[1] / WHITE[1]), labF(xyz[2] / WHITE[2])];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** L* of an sRGB colour. */
export function luminance([r, g, b]: Triple): number {
  const y = RGB_TO_XYZ[1];
  return 116 * labF(y[0] * toLinear(r) + y[1] * toLinear(g) + y[2] * toLinear(b)) - 16;
}

/** L*, a*, b* to linear R G B; components are outside [0, 1] for colours outside sRGB. */
export function labToLinear([l, a, b]: Triple): Triple {
  const fy = (l + 16) / 116;
  const x = WHITE[0] * labInverseF(fy + a / 500);
  const y = WHITE[1] * labInverseF(fy);
  const z = WHITE[2] * labInverseF(fy - b / 200);
  return multiply(XYZ_TO_RGB, [x, y, z]);
}

/** L*, a*, b* to sRGB; components are outside [0, 1] for colours outside sRGB. */
export function labToRgb(lab: Triple): Triple {
  const [r, g, b] = labToLinear(lab);
  return [fromLinear(r), fromLinear(g), fromLinear(b)];
}

/** Tolerance at the gamut's faces, in linear light: a tenth of the darkest 8-bit step. */
const GAMUT_SLACK = 3e-5;
/** Bisection steps of the chroma interval: for chroma 180 they leave an interval of 0.04. */
const CLIP_STEPS = 12;

/** Whether the colour is inside sRGB. */
export function inGamut(lab: Triple): boolean {
  const [r, g, b] = labToLinear(lab);
  return Math.min(r, g, b) >= -GAMUT_SLACK && Math.max(r, g, b) <= 1 + GAMUT_SLACK;
}

/**
 * The colour inside sRGB of the same L* and hue with the largest chroma, up to the given one. Bisection: grey (chroma 0) is
 * inside, so the lower end always is. L* never changes.
 */
export function clipChroma(lab: Triple): Triple {
  if (inGamut(lab)) return lab;
  const [l, a, b] = lab;
  let inside = 0;
  let step = 0.5;
  for (let i = 0; i < CLIP_STEPS; i++, step /= 2) {
    const t = inside + step;
    if (inGamut([l, a * t, b * t])) inside = t;
  }
  return [l, a * inside, b * inside];
}
