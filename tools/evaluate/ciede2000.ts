/**
 * CIEDE2000: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
 * and mathematical observations", Color Research & Application 30 (2005). kL = kC = kH = 1.
 */

const DEGREE = Math.PI / 180;
const POW25_7 = 25 ** 7;

/** sqrt(c^7 / (c^7 + 25^7)): how far a chroma c is from grey, 0 to 1. */
function saturate(c: number): number {
  const c2 = c * c;
  const c7 = c2 * c2 * c2 * c;
  return Math.sqrt(c7 / (c7 + POW25_7));
}

/** Hue angle in radians, 0 to 2 pi; 0 for grey. */
function hue(a: number, b: number): number {
  if (a === 0 && b === 0) return 0;
  const h = Math.atan2(b, a);
  return h < 0 ? h + 2 * Math.PI : h;
}

/** The difference of two colours, given as L*, a*, b*. */
export function ciede2000(l1: number, a1: number, b1: number, l2: number, a2: number, b2: number): number {
  // Avoids Math.hypot, which is several times slower.
  const meanC = (Math.sqrt(a1 * a1 + b1 * b1) + Math.sqrt(a2 * a2 + b2 * b2)) / 2;
  const stretch = 1 + 0.5 * (1 - saturate(meanC));
  const [x1, x2] = [a1 * stretch, a2 * stretch];
  const c1 = Math.sqrt(x1 * x1 + b1 * b1);
  const c2 = Math.sqrt(x2 * x2 + b2 * b2);
  const [h1, h2] = [hue(x1, b1), hue(x2, b2)];
  const bothColoured = c1 * c2 !== 0;

  let turn = bothColoured ? h2 - h1 : 0;
  if (turn > Math.PI) turn -= 2 * Math.PI;
  else if (turn < -Math.PI) turn += 2 * Math.PI;
  const dL = l2 - l1;
  const dC = c2 - c1;
  const dH = 2 * Math.sqrt(c1 * c2) * Math.sin(turn / 2);

  const sum = h1 + h2;
  let h = sum;
  if (bothColoured)
    if (Math.abs(h1 - h2) <= Math.PI) h = sum / 2;
    else h = sum < 2 * Math.PI ? (sum + 2 * Math.PI) / 2 : (sum - 2 * Math.PI) / 2;
  const t =
    1 -
    0.17 * Math.cos(h - 30 * DEGREE) +
    0.24 * Math.cos(2 * h) +
    0.32 * Math.cos(3 * h + 6 * DEGREE) -
    0.2 * Math.cos(4 * h - 63 * DEGREE);
  const c = (c1 + c2) / 2;
  const l50 = ((l1 + l2) / 2 - 50) ** 2;
  const fromBlue = (h / DEGREE - 275) / 25;
  const rotation = -2 * saturate(c) * Math.sin(60 * DEGREE * Math.exp(-fromBlue * fromBlue));
  const termL = dL / (1 + (0.015 * l50) / Math.sqrt(20 + l50));
  const termC = dC / (1 + 0.045 * c);
  const termH = dH / (1 + 0.015 * c * t);
  return Math.sqrt(termL * termL + termC * termC + termH * termH + rotation * termC * termH);
}
