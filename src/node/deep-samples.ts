/** Reads the samples of 16-bit pictures without loss. */
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { lightTables } from "./icc-light";
import type { DeepSamples } from "./images";

/** Starts a new reading of a page. */
export type OpenPage = (options?: SharpOptions) => Sharp;

/** Undefined for 16-bit samples whose meaning is not known here: CMYK, or grey with a profile of an unknown kind. */
export async function deepSamples(
  open: OpenPage,
  { space, icc }: Metadata,
): Promise<{ readonly samples: DeepSamples; readonly width: number; readonly height: number } | undefined> {
  const grey = space === "grey16";
  if (!grey && space !== "rgb16") return undefined;
  const own = lightTables(icc, grey ? 1 : 3);
  if (!own && grey) return undefined;
  const light = own ?? lightTables(undefined, 3)!;
  // sharp converts 16-bit colour by its profile to Display P3 while it works, and from there to the profile to write.
  const image = open({ ignoreIcc: own !== undefined })
    .autoOrient()
    .toColourspace(space);
  const pipeline = own ? image : image.withIccProfile("srgb");
  const { data: bytes, info } = await pipeline.raw({ depth: "ushort" }).toBuffer({ resolveWithObject: true });
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  const data = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  return { samples: { data, channels: info.channels, light }, width: info.width, height: info.height };
}
