import sharp, { type Sharp } from "sharp";
import { expect, it } from "vitest";
import { carryExif } from "../../src/image/exif";
import { markAsColorized } from "../../src/image/mark";
import { ALGORITHMICALLY_ENHANCED } from "../../src/image/digital-source";
import { putPngXmp } from "../../src/image/picture-chunks";

const picture = (alpha = 1): Sharp =>
  sharp({ create: { width: 31, height: 17, channels: 4, background: { r: 200, g: 90, b: 10, alpha } } });
const blob = async (image: Sharp, type: string): Promise<Blob> =>
  new Blob([new Uint8Array(await image.toBuffer())], { type });

it.each<[string, string, () => Sharp]>([
  ["JPEG", "image/jpeg", () => picture().jpeg()],
  ["PNG", "image/png", () => picture().png()],
  ["lossy WebP", "image/webp", () => picture().removeAlpha().webp()],
  ["lossless WebP with transparency", "image/webp", () => picture(0.5).webp({ lossless: true })],
  [
    "WebP with EXIF",
    "image/webp",
    () =>
      picture()
        .webp()
        .withExif({ IFD0: { Make: "Voigtlander" } }),
  ],
])("marks %s, whose pixels and metadata stay", async (_, type, encoded) => {
  const before = await blob(encoded(), type);
  const marked = await markAsColorized(before);
  expect(marked.type).toBe(type);
  const [old, now] = await Promise.all([before, marked].map(async (one) => sharp(await one.arrayBuffer())));
  const metadata = await now!.metadata();
  expect(metadata.xmp?.toString()).toContain(ALGORITHMICALLY_ENHANCED);
  expect(metadata.exif).toEqual((await old!.metadata()).exif);
  expect([metadata.width, metadata.height]).toEqual([31, 17]);
  expect((await now!.raw().toBuffer()).equals(await old!.raw().toBuffer())).toBe(true);
});

it.each(["jpeg", "png", "webp"] as const)("keeps what the XMP of a %s photograph says, upright", async (format) => {
  const said =
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' +
    '<rdf:Description rdf:about="" dc:title="Home" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>';
  // sharp writes no XMP into PNG.
  const bytes = await picture().withXmp(said).toFormat(format).toBuffer();
  const photograph = new Blob([Uint8Array.from(format === "png" ? putPngXmp(bytes, said)! : bytes)]);
  const marked = await markAsColorized(await blob(picture().jpeg(), "image/jpeg"), photograph);
  const xmp = (await sharp(await marked.arrayBuffer()).metadata()).xmp?.toString();
  expect(xmp).toContain('dc:title="Home" tiff:Orientation="1"');
  expect(xmp).toContain(ALGORITHMICALLY_ENHANCED);
});

/** A JPEG file whose EXIF names its camera. */
function withExif(): Promise<Blob> {
  return blob(
    picture()
      .withExif({ IFD0: { Make: "Voigtlander" } })
      .jpeg(),
    "image/jpeg",
  );
}

it("refuses other files", async () => {
  const file = new Blob(["GIF89a and so on, longer than any header of a picture"], { type: "image/gif" });
  await expect(markAsColorized(file)).rejects.toThrow(/JPEG, PNG or WebP.*image\/gif/s);
});

it.each([
  ["image/png", (): Sharp => picture().png()],
  ["image/webp", (): Sharp => picture().removeAlpha().webp()],
] as const)("stays beside EXIF that was carried from a JPEG file to %s", async (type, encoded) => {
  const photograph = await withExif();
  const size = { width: 31, height: 17 };
  const file = await markAsColorized(await carryExif(photograph, await blob(encoded(), type), size));
  const { exif, xmp, ...metadata } = await sharp(await file.arrayBuffer()).metadata();
  expect(exif?.includes("Voigtlander")).toBe(true);
  expect(xmp?.toString()).toContain(ALGORITHMICALLY_ENHANCED);
  expect(metadata).toMatchObject(size);
});

it("EXIF is not written into files of other types", async () => {
  const photograph = await withExif();
  const file = new Blob(["GIF89a and so on, longer than any header of a picture"], { type: "image/gif" });
  expect(await carryExif(photograph, file, { width: 31, height: 17 })).toBe(file);
});

it.each([
  ["image/png", (): Sharp => picture().png()],
  ["image/webp", (): Sharp => picture().removeAlpha().webp()],
] as const)("has one mark and one EXIF in %s, in whatever order they are written", async (type, encoded) => {
  const photograph = await withExif();
  const size = { width: 31, height: 17 };
  const twice = await markAsColorized(await markAsColorized(await blob(encoded(), type)));
  const file = await carryExif(photograph, await carryExif(photograph, twice, size), size);
  const text = Buffer.from(await file.arrayBuffer()).toString("latin1");
  const [exif, xmp] = type === "image/png" ? ["eXIf", "XML:com.adobe.xmp"] : ["EXIF", "XMP "];
  // The bits of VP8X do not look like either.
  expect([text.split(exif).length, text.split(xmp).length]).toEqual([2, 2]);
  if (type === "image/webp") expect(text.indexOf(exif)).toBeLessThan(text.indexOf(xmp));
  const metadata = await sharp(await file.arrayBuffer()).metadata();
  expect(metadata.exif?.includes("Voigtlander")).toBe(true);
  expect(metadata.xmp?.toString()).toContain(ALGORITHMICALLY_ENHANCED);
});
