/** One photograph at a time: standard streams, depth, pages and the mark of results. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../package.json";
import { rgbToLab, type Triple } from "../../src/image/lab";
import { EXIT } from "../../src/node/cli";
import { ALGORITHMICALLY_ENHANCED } from "../../src/image/digital-source";
import { joinTiff } from "../../src/node/tiff-pages";
import { greyPng } from "../shared/grey-png";
import { paintedPhoto, run } from "./run-command";

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-streams-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const photo = (name: string): Promise<string> => paintedPhoto(join(folder, name));

it("prints its version", async () => {
  expect(await run(["--version"])).toMatchObject({ code: EXIT.ok, stdout: `${version}\n` });
});

describe("-", () => {
  it("reads a photograph from stdin and writes the result to stdout, and nothing else", async () => {
    const stdin = await readFile(await photo("a.jpg"));
    const { code, picture, stdout, stderr } = await run(["-"], { stdin });
    expect({ code, stdout }).toEqual({ code: EXIT.ok, stdout: "" });
    expect(stderr).toMatch(/^- -> - {2}8 x 5, .*\n1 of 1 photograph coloured in [\d.]+ s\n$/);
    expect((await sharp(picture).metadata()).format).toBe("jpeg");
    const png = await run(["-", "--format", "png", "--out", "-"], { stdin });
    expect((await sharp(png.picture).metadata()).format).toBe("png");
    expect(await readdir(folder)).toEqual(["a.jpg"]);
  });

  it("goes from stdin to a file or a folder, and from a file to stdout", async () => {
    const path = await photo("a.jpg");
    const stdin = await readFile(path);
    await run(["-", "--out", join(out, "result.png")], { stdin });
    await run(["-", "--out", out], { stdin });
    expect((await readdir(out)).sort()).toEqual(["result.png", "stdin.jpg"]);
    const { picture } = await run([path, "--out", "-"]);
    expect((await sharp(picture).metadata()).format).toBe("jpeg");
  });

  it("writes nothing to stdout when the photograph is bad", async () => {
    const good = await readFile(await photo("a.png"));
    for (const [stdin, text] of [
      ["", "-: expected a JPEG, PNG, WebP or TIFF picture, received nothing on stdin"],
      ["hello, world", "received another kind of file"],
      [good.subarray(0, 70), "-: expected a complete PNG file"],
    ] as const) {
      const { code, stderr, stdout, picture } = await run(["-"], { stdin: Buffer.from(stdin) });
      expect({ code, stdout, bytes: picture.length }, text).toEqual({ code: EXIT.failed, stdout: "", bytes: 0 });
      expect(stderr).toContain(text);
    }
  });

  it("says what does not go together", async () => {
    const path = await photo("a.jpg");
    const stdin = await readFile(path);
    for (const [args, message, isTTY] of [
      [["-", path], '--out: expected a folder for several photographs, received "-", the standard output'],
      [[path, "--out", "-", "--json"], "as --json prints to stdout"],
      [[path, "--out", "-"], "--out: expected a file or a pipe as stdout, received a terminal", true],
    ] as const) {
      const { code, stderr, picture, calls } = await run(args, { stdin, isTTY: isTTY ?? false });
      expect({ code, bytes: picture.length, loaded: calls.load.length }, message).toEqual({
        code: EXIT.usage,
        bytes: 0,
        loaded: 0,
      });
      expect(stderr).toContain(message);
    }
  });
});

describe("16 bits", () => {
  it.each(["png", "tiff"] as const)("stay 16 bits in %s, with the photograph's lightness", async (format) => {
    const samples = Uint16Array.from({ length: 64 }, (_, i) => 20_000 + 37 * i);
    const path = join(folder, `deep.${format}`);
    const grey = sharp(samples, { raw: { width: 8, height: 8, channels: 1 } }).toColourspace("grey16");
    await grey.toFormat(format, format === "tiff" ? { compression: "lzw" } : {}).toFile(path);
    const { stdout, code } = await run([path, "--out", out]);
    expect(code).toBe(EXIT.ok);
    expect(stdout).not.toContain("16 bits");
    const result = sharp(join(out, `deep.${format}`), { ignoreIcc: true });
    expect(await result.metadata()).toMatchObject({ space: "rgb16", depth: "ushort", hasProfile: true });
    const bytes = await result.toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    const rgb = new Uint16Array(new Uint8Array(bytes).buffer);
    const lab = (...values: number[]) => rgbToLab(values.map((value) => value / 65_535) as unknown as Triple);
    samples.forEach((value, i) => {
      const [l, a, b] = lab(...rgb.subarray(3 * i, 3 * i + 3));
      expect(Math.abs(l - lab(value, value, value)[0])).toBeLessThan(0.00105);
      expect(Math.hypot(a, b)).toBeGreaterThan(20);
    });
  });

  it("go through a grey profile", async () => {
    const path = join(folder, "gamma.png");
    await writeFile(path, greyPng(16, 1.8));
    await run([path, "--out", out]);
    const result = sharp(join(out, "gamma.png"), { ignoreIcc: true }).toColourspace("rgb16");
    const bytes = await result.raw({ depth: "ushort" }).toBuffer();
    const [r, g, b] = new Uint16Array(new Uint8Array(bytes).buffer);
    const [l] = rgbToLab([r! / 65_535, g! / 65_535, b! / 65_535]);
    // L* of 0.5 ^ 1.8, the gamma as the profile rounds it.
    expect(l).toBeCloseTo(116 * Math.cbrt((0x8000 / 65_535) ** (461 / 256)) - 16, 2);
  });
});

describe("TIFF files of several pages", () => {
  async function scan(pages: readonly [number, number][]): Promise<string> {
    const files = await Promise.all(
      pages.map(
        ([width, height]) =>
        sharp({ create: { width, height, channels: 3, background: "#777" } }).tiff({ compression: "lzw" }).toBuffer(), // prettier-ignore
      ),
    );
    const path = join(folder, "scan.tif");
    await writeFile(path, await buffer(joinTiff(files.map((file) => ({ file })), files.length, path))); // prettier-ignore
    return path;
  }

  it("are coloured page by page into one file", async () => {
    const path = await scan([[8, 5], [3, 9], [20, 20]]); // prettier-ignore
    const { code, stdout, calls } = await run([path, "--out", out, "--json"]);
    expect(code).toBe(EXIT.ok);
    expect(calls.colorize).toHaveLength(3);
    const report = JSON.parse(stdout) as { ms: Record<string, number> };
    expect(report).toMatchObject({
      pages: 3,
      width: 8,
      height: 5,
      peakBytes: 40_000,
      notes: [],
      ms: { embedding: 3.8 },
    });
    const result = join(out, "scan.tif");
    for (const [page, width] of [8, 3, 20].entries()) {
      const metadata = await sharp(result, { page }).metadata();
      expect(metadata).toMatchObject({ pages: 3, width, xmpAsString: expect.stringContaining(ALGORITHMICALLY_ENHANCED) }); // prettier-ignore
      expect([...(await sharp(result, { page }).raw().toBuffer()).subarray(0, 3)]).toEqual([9, 80, 200]);
    }
    expect((await run([path, "--out", out, "--overwrite"])).stdout).toContain("3 pages, 8 x 5");
    expect((await run([path, "--out", "-"])).picture.equals(await readFile(result))).toBe(true);
  });

  it("become their first page in formats of one", async () => {
    const { stdout } = await run([await scan([[8, 5], [3, 9]]), "--out", out, "--format", "png"]); // prettier-ignore
    expect(stdout).toContain("(first of 2 pages)");
  });

  it("of which a page is damaged fail as a whole, and do not stop the others", async () => {
    const path = await scan([[8, 5], [300, 300]]); // prettier-ignore
    const bytes = await readFile(path);
    bytes.fill(0xff, bytes.lastIndexOf("II*\0") + 8, bytes.lastIndexOf("II*\0") + 40); // the last page's first strip
    await writeFile(path, bytes);
    const { code, stderr, stdout } = await run([path, await photo("b.jpg"), "--out", out]);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toMatch(/scan\.tif, page 2: expected a complete TIFF file, received a damaged or truncated one/);
    expect(stdout).toContain("1 of 2 photographs coloured");
    expect(await readdir(out)).toEqual(["b.jpg"]);
  });

  it("stop between pages when interrupted", async () => {
    const { code } = await run([await scan([[8, 5], [3, 9]]), "--out", out], { onColorize: (_, stop) => stop.abort() }); // prettier-ignore
    expect(code).toBe(EXIT.interrupted);
    expect(await readdir(out)).toEqual([]);
  });
});

describe("results", () => {
  it.each(["a.jpg", "a.png", "a.tif", "a.webp"])("are marked as artificially coloured in %s", async (name) => {
    await run([await photo(name), "--out", out]);
    const file = await readFile(join(out, name));
    const { xmpAsString: xmp, hasProfile } = await sharp(file).metadata();
    expect(xmp).toContain(`<Iptc4xmpExt:DigitalSourceType>${ALGORITHMICALLY_ENHANCED}</Iptc4xmpExt:DigitalSourceType>`);
    expect(hasProfile).toBe(true);
    if (name === "a.png")
      expect(file.toString("latin1").match(/.{4}XML:com\.adobe\.xmp\0/gs)).toEqual(["iTXtXML:com.adobe.xmp\0"]);
    if (name === "a.jpg") expect(file.includes("http://ns.adobe.com/xap/1.0/\0")).toBe(true);
  });

  it("keep the photograph's XMP and EXIF beside the mark", async () => {
    const path = join(folder, "a.jpg");
    const rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
    await sharp({ create: { width: 8, height: 5, channels: 3, background: "#777" } })
      .withExif({ IFD0: { Make: "Camera" } })
      .withXmp(
        `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${rdf}><rdf:Description rdf:about="" dc:title="Home"/></rdf:RDF></x:xmpmeta>`,
      )
      .toFile(path);
    await run([path, "--out", out]);
    const { xmpAsString, exif } = await sharp(join(out, "a.jpg")).metadata();
    expect(xmpAsString).toMatch(/dc:title="Home"[\s\S]*algorithmicallyEnhanced/);
    expect(exif!.toString("latin1")).toContain("Camera");
  });

  it("replace XMP that cannot be extended, and say so", async () => {
    const path = join(folder, "a.png");
    const image = () => sharp({ create: { width: 8, height: 5, channels: 3, background: "#777" } });
    await image().withXmp("<x:xmpmeta/>").toFile(path);
    expect((await run([path, "--out", out])).stdout).toContain("(XMP dropped: it is damaged)");
    const rdf = (text: string) => `<x:xmpmeta><rdf:RDF>${text}</rdf:RDF></x:xmpmeta>`;
    await image().withXmp(rdf("x".repeat(70_000))).toFile(path); // prettier-ignore
    const long = await run([path, "--out", out, "--format", "jpeg"]);
    expect(long.stdout).toContain("(XMP dropped: it does not fit into JPEG)");
    for (const name of ["a.png", "a.jpg"])
      expect((await sharp(join(out, name)).metadata()).xmpAsString).toContain(ALGORITHMICALLY_ENHANCED);
  });
});

it("passes temperature and warmth to the model", async () => {
  const path = await photo("a.jpg");
  const { calls } = await run([path, "--out", out, "--temperature", "0.4", "--warmth", "-0.5"]);
  expect(calls.load[0]).toMatchObject({ temperature: 0.4 });
  expect(calls.colorize[0]).toMatchObject({ temperature: 0.4, warmth: -0.5 });
  expect((await run([path, "--warmth", "2"])).stderr).toContain("a number from -1 to 1");
  const { code, stderr } = await run([path, "--out", out, "--temperature", "0"]);
  expect(code).toBe(EXIT.usage);
  expect(stderr).toContain("a number from 0.05 to 10");
});
