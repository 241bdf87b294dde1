/** Copies colour profiles from one JPEG file to another. */
import { APP2, jpegFile, jpegSegments, type Segment } from "./jpeg-segments";

/**
 * The JPEG file `to` with the colour profile (ICC) of the JPEG file `from`, for encoders that write none. Returns `to` unchanged when one of
 * them is no JPEG file, or `from` has no profile.
 */
export async function carryProfile(from: Blob, to: Blob): Promise<Blob> {
  const profile = (await segmentsOf(from)).segments.filter(isProfile);
  const { segments, rest } = await segmentsOf(to);
  if (profile.length === 0 || segments.length === 0) return to;
  const kept = segments.filter((segment) => !isProfile(segment));
  return new Blob([jpegFile([...kept, ...profile], rest)], { type: to.type });
}

async function segmentsOf(file: Blob): Promise<ReturnType<typeof jpegSegments>> {
  return jpegSegments(new Uint8Array(await file.arrayBuffer()));
}

/** ICC.1:2022, B.4. */
function isProfile({ marker, bytes }: Segment): boolean {
  return marker === APP2 && new TextDecoder().decode(bytes.subarray(4, 15)) === "ICC_PROFILE";
}
