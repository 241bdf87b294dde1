/**
 * The linear light of 16-bit samples under their ICC profile: gamma, tables and parametric curves of grey and of R, G, B
 * (ICC.1:2022, 8.3.3 and 8.4). sharp converts 16-bit grey without its profile, and 16-bit colour by way of Display P3.
 */
import { RGB_TO_XYZ, toLinear } from "../image/lab";

const VALUES = 2 ** 16;

/** Y at D65 of X, Y, Z at D50, the white of profiles: the second row of the Bradford adaptation from D50 to D65. */
const Y_OF_D50 = [-0.0282895, 1.0099416, 0.0210077] as const;

type Curve = (value: number) => number;

/**
 * One table per colour channel: the light, 0 to 1, that each of the 65,536 values adds to the luminance Y. Without a
 * profile, samples are sRGB. Undefined for a profile of another kind, such as one with a table of colours.
 */
export function lightTables(icc: Uint8Array | undefined, channels: 1 | 3): readonly Float64Array[] | undefined {
  const parts = icc ? profileParts(icc, channels) : srgbParts(channels);
  if (!parts) return undefined;
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return parts.map(({ curve, weight }) =>
    Float64Array.from({ length: VALUES }, (_, value) => (weight / total) * curve(value / (VALUES - 1))),
  );
}

interface Part {
  readonly curve: Curve;
  /** The channel's share of the luminance of white. */
  readonly weight: number;
}

function srgbParts(channels: 1 | 3): Part[] {
  return (channels === 1 ? [1] : RGB_TO_XYZ[1]).map((weight) => ({ curve: toLinear, weight }));
}

function profileParts(icc: Uint8Array, channels: 1 | 3): Part[] | undefined {
  const view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength);
  const text = (at: number): string => Buffer.from(icc.subarray(at, at + 4)).toString("latin1");
  try {
    const tags = new Map<string, number>();
    for (let i = 0; i < view.getUint32(128); i++) tags.set(text(132 + 12 * i), view.getUint32(136 + 12 * i));
    // A profile with a table of colours (A2B) says more than its curves.
    if (text(20) !== "XYZ " || text(16) !== (channels === 1 ? "GRAY" : "RGB ")) return undefined;
    if ([...tags.keys()].some((tag) => tag.startsWith("A2B"))) return undefined;
    const names = channels === 1 ? ["k"] : ["r", "g", "b"];
    const parts = names.map((name) => {
      const curve = curveAt(view, tags.get(`${name}TRC`));
      return curve && { curve, weight: channels === 1 ? 1 : luminanceAt(view, tags.get(`${name}XYZ`)) };
    });
    return parts.every((part) => part !== undefined && Number.isFinite(part.weight)) ? (parts as Part[]) : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset points outside the profile
    throw error;
  }
}

/** A signed number of 16 bits before the point and 16 after it. */
function fixed(view: DataView, at: number): number {
  return view.getInt32(at) / 65_536;
}

/** Y at D65 of a tag of type XYZ. */
function luminanceAt(view: DataView, tag: number | undefined): number {
  if (tag === undefined) return NaN;
  return Y_OF_D50.reduce((sum, factor, i) => sum + factor * fixed(view, tag + 8 + 4 * i), 0);
}

function curveAt(view: DataView, tag: number | undefined): Curve | undefined {
  if (tag === undefined) return undefined;
  const type = view.getUint32(tag);
  if (type === 0x63757276) return sampledCurve(view, tag + 8); // "curv"
  if (type === 0x70617261) return parametricCurve(view, tag + 8); // "para"
  return undefined;
}

/** Type curv: no entry is the identity, one is a gamma, more are samples. */
function sampledCurve(view: DataView, at: number): Curve {
  const count = view.getUint32(at);
  if (count === 0) return (value) => value;
  if (count === 1) {
    const gamma = view.getUint16(at + 4) / 256;
    return (value) => value ** gamma;
  }
  const samples = Float64Array.from({ length: count }, (_, i) => view.getUint16(at + 4 + 2 * i) / 65_535);
  return (value) => {
    const low = Math.min(Math.floor(value * (count - 1)), count - 2);
    const t = value * (count - 1) - low;
    return samples[low]! * (1 - t) + samples[low + 1]! * t;
  };
}

/** Type para: (a x + b)^g + e from d on, c x + f below; its five kinds have 1, 3, 4, 5 and 7 of the numbers. */
function parametricCurve(view: DataView, at: number): Curve | undefined {
  const kind = view.getUint16(at);
  const count = [1, 3, 4, 5, 7][kind];
  if (count === undefined) return undefined;
  const numbers = Array.from({ length: count }, (_, i) => fixed(view, at + 4 + 4 * i));
  const [g = 1, a = 1, b = 0] = numbers;
  const power = (value: number): number => Math.max(a * value + b, 0) ** g;
  if (kind === 0) return power;
  if (kind === 1) return (value) => (value >= -b / a ? power(value) : 0);
  if (kind === 2) return (value) => power(value >= -b / a ? value : -b / a) + numbers[3]!;
  const [c, d, e = 0, f = 0] = numbers.slice(3) as [number, number, number?, number?];
  return (value) => (value >= d ? power(value) + e : c * value + f);
}
