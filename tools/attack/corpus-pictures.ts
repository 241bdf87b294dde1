/** The pictures of the corpus: every format and variant that the command reads, each of a few hundred bytes. */
import { buffer } from "node:stream/consumers";
import sharp, { type Sharp } from "sharp";
import { exifFields, joinTiff } from "../../src/node/tiff-pages";
import { greyPng } from "../../test/shared/grey-png";
import { randoms } from "../../test/shared/randoms";

/** A ramp with some noise. */
function picture(width = 12, height = 9, channels: 1 | 3 | 4 = 3): Sharp {
  const noise = randoms(width * height * channels, 5, 0, 40);
  const data = Uint8Array.from(noise, (value, i) => value + (i % (width * channels)) * 3);
  return sharp(data, { raw: { width, height, channels } });
}

const EXIF = { IFD0: { Artist: "nobody", Software: "none", Copyright: "none" }, IFD3: { GPSLatitudeRef: "N" } };
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>';

export async function corpusPictures(): Promise<Record<string, Uint8Array>> {
  const sixteen = picture().toColourspace("rgb16");
  const lzw = { compression: "lzw" } as const;
  const pages = await Promise.all(
    [picture().toColourspace("grey16"), picture(5, 7)].map((page) => page.tiff(lzw).toBuffer()),
  );
  const { exif } = await sharp(await picture().withExif(EXIF).webp().toBuffer()).metadata();
  const files: Record<string, Buffer | Promise<Buffer>> = {
    "plain.jpg": picture().jpeg({ quality: 60 }).toBuffer(),
    "progressive-exif-xmp.jpg": picture()
      .withExif(EXIF)
      .withMetadata({ orientation: 6 })
      .withXmp(XMP)
      .jpeg({ progressive: true, quality: 50 })
      .toBuffer(),
    "grey-p3.jpg": picture().withIccProfile("p3").jpeg({ quality: 40 }).toBuffer(),
    "cmyk.jpg": picture().toColourspace("cmyk").jpeg({ quality: 40 }).toBuffer(),
    "plain.png": picture().png().toBuffer(),
    "alpha-interlaced.png": picture(12, 9, 4).png({ progressive: true }).toBuffer(),
    "palette.png": picture().png({ palette: true, colours: 16 }).toBuffer(),
    "sixteen-exif.png": sixteen.clone().withExif(EXIF).png().toBuffer(),
    "grey-gamma.png": greyPng(8, 1.8, 6),
    "grey16-gamma.png": greyPng(16, 2.2, 3),
    "lossy.webp": picture().webp({ quality: 40 }).toBuffer(),
    "lossless-exif.webp": picture(12, 9, 4).withExif(EXIF).webp({ lossless: true }).toBuffer(),
    "animated.webp": sharp([await picture().png().toBuffer(), await picture().negate().png().toBuffer()], {
      join: { animated: true },
    })
      .webp()
      .toBuffer(),
    "lzw.tif": picture().tiff(lzw).toBuffer(),
    "tiled-deflate.tif": picture(40, 33)
      .tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 })
      .toBuffer(),
    "sixteen-predictor.tif": sixteen.clone().tiff({ compression: "deflate", predictor: "horizontal" }).toBuffer(),
    "jpeg.tif": picture(24, 16).tiff({ compression: "jpeg" }).toBuffer(),
    "one-bit.tif": picture().toColourspace("b-w").tiff({ compression: "ccittfax4", bitdepth: 1 }).toBuffer(),
    // After "Exif\0\0".
    "exif.tif": buffer(
      joinTiff([{ file: await picture().tiff(lzw).toBuffer(), exif: await exifFields(exif!.subarray(6)) }], 1, ""),
    ),
    "pages.tif": buffer(
      joinTiff(
        pages.map((file) => ({ file })),
        2,
        "pages.tif",
      ),
    ),
  };
  const named = await Promise.all(
    Object.entries(files).map(async ([name, bytes]) => [name, Uint8Array.from(await bytes)] as const),
  );
  return Object.fromEntries(named);
}
