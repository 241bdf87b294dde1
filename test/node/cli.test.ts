import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InputError, ModelError } from "../../src/base/errors";
import { EXIT } from "../../src/node/cli";
import { checkOutputs, listJobs } from "../../src/node/cli-jobs";
import { readImage } from "../../src/node/read-image";
import { paintedPhoto, run } from "./run-command";

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-cli-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const photo = (name: string): Promise<string> => paintedPhoto(join(folder, name));

describe("colorize-canvas", () => {
  it("measures first where --tune says so", async () => {
    const file = await photo("one.jpg");
    const { calls, code } = await run(["--tune", file, "--out", out]);
    expect(code).toBe(EXIT.ok);
    expect(calls.load[0]!.tune).toBeGreaterThan(0);
    expect((await run([file, "--out", out, "--overwrite"])).calls.load[0]!.tune).toBeUndefined();
  });

  it("colours files and folders into --out, names and formats kept", async () => {
    const files = [await photo("one.jpg"), await photo("two.PNG")];
    await photo("album/10.webp");
    await photo("album/9.tiff");
    await photo("album/inner/deep.jpg");
    await writeFile(join(folder, "album", "LICENSES.md"), "text");
    const result = await run([...files, join(folder, "album"), "--out", out]);
    expect(result.stderr).toMatch(
      /^2 skipped:\n {2}a folder inside\. Name it, too, or give --recursive: \S*inner\n {2}no picture: \S*LICENSES\.md\n$/,
    );
    expect(result.code).toBe(EXIT.ok);
    expect((await readdir(out)).sort()).toEqual(["10.webp", "9.tiff", "one.jpg", "two.PNG"]);
    const lines = result.stdout.trim().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines.map((line) => basename(line.split(" -> ")[0]!)).slice(0, 4)).toEqual([
      "one.jpg",
      "two.PNG",
      "9.tiff",
      "10.webp",
    ]);
    expect(lines[4]).toMatch(/^4 of 4 photographs coloured in [\d.]+ s: look in /);
    const image = await readImage(join(out, "two.PNG"));
    expect([...image.data.subarray(0, 4)]).toEqual([9, 80, 200, 255]);
    expect(result.calls.disposed).toBe(1);
  });

  it("passes the options on", async () => {
    const path = await photo("a.jpg");
    const options = ["--size=320", "--saturation", "120%", "--precision", "f16", "--model", "m", "--adapter", "system"];
    const { calls, code } = await run([path, "-o", out, "--format", "png", ...options]);
    expect(code).toBe(EXIT.ok);
    expect(calls.load[0]).toMatchObject({ precision: "f16", model: "m", adapter: "system" });
    expect(calls.colorize[0]).toMatchObject({ size: 320, saturation: 1.2 });
    expect(await readdir(out)).toEqual(["a.png"]);
  });

  it("prints a JSON line a file, and nothing else, to stdout", async () => {
    const path = await photo("a.jpg");
    const { stdout, stderr, code } = await run([path, join(folder, "missing.jpg"), "--out", out, "--json"], {
      isTTY: true,
    });
    const [failed, done, ...rest] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(rest).toEqual([]);
    expect(failed).toMatchObject({ input: join(folder, "missing.jpg"), error: { code: "image" } });
    expect(done).toMatchObject({
      input: path,
      output: join(out, "a.jpg"),
      format: "jpeg",
      width: 8,
      height: 5,
      ms: { embedding: 1.3, recombine: 2 },
      adapter: "painted",
      peakBytes: 4000,
    });
    const { ms, outputBytes } = done as { ms: Record<string, number>; outputBytes: number };
    expect(ms["total"]).toBeGreaterThan(ms["read"]! + ms["write"]! - 0.2);
    expect(outputBytes).toBe((await readFile(join(out, "a.jpg"))).length);
    expect(stderr).toContain("1 failed:");
    expect(code).toBe(EXIT.failed);
  });

  it("goes on after a folder that cannot be read", async () => {
    const loop = join(folder, "loop");
    await symlink(loop, loop);
    const { code, stdout, stderr } = await run([loop, await photo("a.jpg"), "--out", out]);
    expect(code).toBe(EXIT.failed);
    expect(stdout).toContain("1 of 2 photographs coloured");
    expect(stderr).toMatch(/^1 failed:\n {2}.*loop: expected a JPEG.* received an unreadable path \(ELOOP.*\n$/);
    expect(await readdir(out)).toEqual(["a.jpg"]);
  });

  it("says before the work that --out cannot be written, and leaves no trace of asking", async () => {
    const loop = join(folder, "loop");
    await symlink(loop, loop);
    const file = await photo("a.jpg");
    for (const wrong of [loop, join(file, "below"), "/proc/none"]) {
      const { code, stderr, calls } = await run([file, "--out", wrong]);
      expect(code, wrong).toBe(EXIT.usage);
      expect(stderr).toContain(`--out: expected a folder that can be written, received ${wrong} (`);
      expect(stderr).not.toContain("    at ");
      expect(calls.load).toEqual([]);
    }
    await run([file, "--out", join(out, "deep")], {
      onLoad: () => {
        throw new InputError({ where: "w", expected: "e", received: "r" });
      },
    });
    expect((await readdir(folder)).sort()).toEqual(["a.jpg", "loop"]);
  });

  it("writes one photograph to the file that --out names", async () => {
    const file = await photo("a.jpg");
    const result = join(folder, "deep", "result.png");
    const { code, stdout } = await run([file, "--out", result]);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain("look in");
    expect((await readImage(result)).metadata.format).toBe("png");
    expect((await run([file, "--out", result])).stderr).toContain("--overwrite");
    expect((await run([file, "--out", result, "--overwrite"])).code).toBe(EXIT.ok);
    await mkdir(join(folder, "folder.png"));
    await run([file, "--out", join(folder, "folder.png")]);
    expect(await readdir(join(folder, "folder.png"))).toEqual(["a.jpg"]);
    await run([file, "--out", join(folder, "new.gif/")]);
    expect(await readdir(join(folder, "new.gif"))).toEqual(["a.jpg"]);
    for (const [args, message] of [
      [[file, await photo("b.jpg"), "--out", result], "expected a folder for several photographs, received the file"],
      [[file, "--out", result, "--format", "jpeg"], "expected a name of a JPEG file, as --format says"],
      [[file, "--out", file], "an output that is one of the inputs"],
      [[file, "--out", join(folder, "new.avif")], "new.avif. For a folder write"],
    ] as const) {
      const { code, stderr, calls } = await run(args);
      expect({ code, loaded: calls.load.length }, message).toEqual({ code: EXIT.usage, loaded: 0 });
      expect(stderr).toContain(message);
    }
  });

  it("writes names as long as the file system allows", async () => {
    const name = `${"n".repeat(251)}.png`;
    const { code, stderr } = await run([await photo(name), "--out", out]);
    expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: "" });
    expect(await readdir(out)).toEqual([name]);
  });

  it("notes that 16 bits became 8, in formats that hold no more", async () => {
    const path = join(folder, "deep.png");
    const raw = sharp(new Uint16Array([0, 30_000, 65_535]), { raw: { width: 1, height: 1, channels: 3 } });
    await raw.toColourspace("rgb16").png().toFile(path);
    const args = [path, "--out", out, "--format", "jpeg"];
    expect((await run(args)).stdout).toContain("(samples of 16 bits read as 8)");
    const json = await run([...args, "--overwrite", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ notes: ["samples of 16 bits read as 8"] });
    expect((await run([path, "--out", out])).stdout).not.toContain("16 bits");
  });

  it("lists what it skips in a folder, and why", async () => {
    await photo("album/a.jpg");
    await photo("album/film.gif");
    const write = (name: string, bytes: Uint8Array | string): Promise<void> =>
      writeFile(join(folder, "album", name), bytes);
    await write("b.avif", "\0\0\0\x1cftypavif\0\0\0\0");
    await write("c.heic", "\0\0\0\x1cftypheic\0\0\0\0");
    await write("d.pdf", "%PDF-1.7");
    await write("e.nef", "II*\0 raw");
    await write("scan.jfif", await readFile(join(folder, "album", "a.jpg")));
    for (let i = 0; i < 12; i++) await write(`${i}.txt`, "text");
    const { stderr, code } = await run([join(folder, "album"), "--out", out]);
    expect(code).toBe(EXIT.ok);
    const lines = stderr.split("\n").map((line) => line.replaceAll(/\S*album./g, ""));
    expect(lines).toEqual([
      "18 skipped:",
      "  b.avif: an AVIF file. Save it as JPEG, PNG or TIFF first.",
      "  c.heic: a HEIC file. Save it as JPEG, PNG or TIFF first.",
      "  d.pdf: a PDF file. Export its pages as TIFF or PNG first.",
      "  e.nef: a camera raw file. Develop it to TIFF or JPEG first.",
      "  film.gif: a GIF file. Save it as JPEG, PNG or TIFF first.",
      "  scan.jfif: a JPEG picture. Name it, too, or let it end in .jpg.",
      `  no picture: ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `${i}.txt`).join(", ")}, and 2 more (--json lists all)`,
      "",
    ]);
    const json = await run([join(folder, "album"), "--out", out, "--overwrite", "--json"]);
    expect(json.stderr).not.toContain("skipped");
    const skipped = json.stdout.split("\n").filter((line) => line.includes('"skipped"'));
    expect(skipped.map((line) => basename((JSON.parse(line) as { input: string }).input))).toHaveLength(18);
    expect((await run([join(folder, "album", "film.gif"), "--out", out])).stderr).toContain(
      "received a GIF file. Save it as",
    );
  });

  it("shows control characters of file names as escapes", async () => {
    const name = "red\u001b[31m\n\u009b2J.jpg";
    const good = await photo(name);
    const bad = join(folder, `none${name}`);
    const { stdout, stderr } = await run([good, bad, "--out", out]);
    expect(stdout).toContain("red\\u001b[31m\\u000a\\u009b2J.jpg -> ");
    expect(stderr).toMatch(/^1 failed:\n {2}\S*nonered\\u001b\[31m\\u000a\\u009b2J\.jpg: expected a JPEG/);
    const usage = await run([good, `--none${name}`]);
    const twice = await run([good, await photo(`other/${name}`), "--out", out]);
    const json = await run([good, "--out", out, "--overwrite", "--json"]);
    const terminal = { cursorTo: () => {}, moveCursor: () => {}, clearLine: () => {}, clearScreenDown: () => {} };
    const bar = await run([good, "--out", out, "--overwrite"], { isTTY: true, terminal });
    expect(bar.stderr).toContain("computing the embedding of");
    for (const { stdout, stderr } of [usage, twice, json]) {
      expect(stdout + stderr).toMatch(/u001b/);
      for (const control of ["\u001b", "\u009b"]) expect(stdout + stderr).not.toContain(control);
    }
    expect(bar.stderr).not.toContain("\u001b[31m");
    expect((JSON.parse(json.stdout) as { input: string }).input).toBe(good);
  });

  it.runIf(process.platform !== "win32")("refuses what is no file, without waiting for it", async () => {
    await mkdir(join(folder, "odd"));
    const pipe = join(folder, "odd", "pipe.jpg");
    const device = join(folder, "odd", "device.jpg");
    execFileSync("mkfifo", [pipe]);
    await symlink("/dev/zero", device);
    const { code, stderr } = await run([join(folder, "odd"), pipe, "--out", out]);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toMatch(
      /2 failed:\n.*device\.jpg: .* received a device\..*\n.*pipe\.jpg: .* received a pipe \(FIFO\)\./,
    );
    await expect(readImage(pipe)).rejects.toThrow("received a pipe (FIFO)");
    await expect(readImage(device)).rejects.toThrow("received a device");
  });

  it("notes in the report what the colorizer notes of a result", async () => {
    const path = await paintedPhoto(join(folder, "photo.jpg"));
    const { stdout } = await run([path, "--json", "--out", join(folder, "noted")], { notes: ["computed in f32"] });
    expect(JSON.parse(stdout)).toMatchObject({ notes: ["computed in f32"] });
  });

  it("notes in the report what the output does not keep", async () => {
    const path = join(folder, "xmp.png");
    const picture = sharp({ create: { width: 8, height: 5, channels: 3, background: "#777" } });
    await picture.withXmp("<x:xmpmeta>").toFile(path);
    const { stdout } = await run([path, "--out", out, "--format", "jpeg", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ notes: ["XMP dropped: it is damaged"] });
  });

  it("reads the next photograph while one is coloured, and leaves all in order", async () => {
    const files = [await photo("1.jpg"), await photo("2.jpg"), await photo("3.jpg")];
    let coloured = 0;
    const { code, stdout } = await run([...files, "--out", out], {
      onColorize: () => {
        coloured++;
        // What was read ahead is in memory: its file is not needed any more.
        if (coloured === 2) rmSync(files[1]!);
      },
    });
    expect(code).toBe(EXIT.ok);
    expect((await readdir(out)).sort()).toEqual(["1.jpg", "2.jpg", "3.jpg"]);
    expect(
      stdout
        .trim()
        .split("\n")
        .slice(0, 3)
        .map((line) => basename(line.split(" -> ")[0]!)),
    ).toEqual(["1.jpg", "2.jpg", "3.jpg"]);
  });

  it("goes on after bad files and lists them at the end", async () => {
    await photo("mix/a.jpg");
    await writeFile(join(folder, "mix", "b.jpg"), "");
    await photo("mix/c.jpg");
    let calls = 0;
    const { code, stderr, stdout } = await run([join(folder, "mix"), "--out", out], {
      onColorize: () => {
        if (++calls === 2) throw new Error("lost the device");
      },
    });
    expect(code).toBe(EXIT.failed);
    expect(stdout).toContain("1 of 3 photographs coloured");
    expect(stderr).toContain("2 failed:");
    expect(stderr).toMatch(/b\.jpg: expected .* received an empty file/);
    expect(stderr).toMatch(/c\.jpg: Error: lost the device/);
    expect(await readdir(out)).toEqual(["a.jpg"]);
  });

  it("keeps results that are there, before loading the engine", async () => {
    const path = await photo("a.jpg");
    await run([path, "--out", out]);
    await writeFile(join(out, "a.jpg"), "mine");
    const again = await run([path, "--out", out]);
    expect(again.code).toBe(EXIT.failed);
    expect(again.stderr).toContain("--overwrite");
    expect(again.calls.load).toHaveLength(0);
    expect(await readFile(join(out, "a.jpg"), "utf8")).toBe("mine");
    expect((await run([path, "--out", out, "--overwrite"])).code).toBe(EXIT.ok);
    expect((await readImage(join(out, "a.jpg"))).width).toBe(8);
  });

  it("keeps the source's transparency", async () => {
    const path = join(folder, "glass.png");
    const raw = Buffer.from([90, 90, 90, 17, 90, 90, 90, 255]);
    await sharp(raw, { raw: { width: 2, height: 1, channels: 4 } }).toFile(path);
    await run([path, "--out", out]);
    expect([...(await readImage(join(out, "glass.png"))).data]).toEqual([9, 80, 200, 17, 9, 80, 200, 255]);
  });

  it("stops between files when interrupted, with nothing half-written", async () => {
    for (const name of ["a.jpg", "b.jpg", "c.jpg"]) await photo(`all/${name}`);
    let calls = 0;
    const {
      code,
      stdout,
      calls: seen,
    } = await run([join(folder, "all"), "--out", out], {
      onColorize: (_source, stop) => {
        if (++calls === 2) stop.abort();
      },
    });
    expect(code).toBe(EXIT.interrupted);
    expect(stdout).toContain("Stopped. 1 of 3");
    expect(await readdir(out)).toEqual(["a.jpg"]);
    expect(seen.disposed).toBe(1);
  });

  it("says why the engine cannot be had", async () => {
    const facts = { where: "model.onnx", expected: "an ONNX file", received: "text", hint: "Download it again." };
    const { code, stderr } = await run([await photo("a.jpg"), "--out", out], {
      onLoad: () => {
        throw new ModelError(facts);
      },
    });
    expect(code).toBe(EXIT.failed);
    expect(stderr).toBe("model.onnx: expected an ONNX file, received text. Download it again.\n");
    expect(existsSync(out)).toBe(false);
  });

  it("draws a bar on a terminal", async () => {
    const terminal = { cursorTo: () => {}, moveCursor: () => {}, clearLine: () => {}, clearScreenDown: () => {} };
    const { stderr, stdout } = await run([await photo("a.jpg"), "--out", out], { isTTY: true, terminal });
    expect(stderr).toContain("loading the model 50%");
    expect(stderr).toMatch(/10% \| 0\/1 \| computing the embedding of .*a\.jpg/);
    expect(stdout).toContain("1 of 1 photograph coloured");
  });

  it.each([
    [[], "missing required argument"],
    [["a.jpg", "--nonsense"], "unknown option"],
    [["a.jpg", "--size", "12.5"], "whole number from 32 to 1024 (pixels"],
    [["a.jpg", "--size", "9"], "from 32 to 1024"],
    [["a.jpg", "--saturation", "lots"], "number from 0 to 4 (a factor"],
    [["a.jpg", "--saturation", "500%"], "number from 0 to 4 (a factor"],
    [["a.jpg", "--precision", "f64"], "Allowed choices are auto, f32, f16, f16-weights"],
    [["a.jpg", "--format", "gif"], "Allowed choices are jpeg, png, webp, tiff"],
  ])("exits 2 for %j", async (args, text) => {
    const { code, stderr, calls } = await run(args);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(text);
    expect(calls.load).toHaveLength(0);
  });

  it("exits 2 when two inputs would become one output", async () => {
    const paths = [await photo("one/a.jpg"), await photo("two/a.jpg")];
    const { code, stderr, calls } = await run([...paths, "--out", out]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain(`${paths[0]} and ${paths[1]}`);
    expect(calls.load).toHaveLength(0);
  });

  it("prints its help with exit code 0", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(EXIT.ok);
    for (const option of ["--out", "--size", "--saturation", "--precision", "--model", "--adapter", "--json"])
      expect(stdout).toContain(option);
  });
});

describe("listJobs", () => {
  it("takes each file once and refuses to write over an input", async () => {
    const path = await photo("a.jpg");
    expect(listJobs([path, join(folder, ".", "a.jpg"), folder], { out }).jobs).toHaveLength(1);
    expect(() => listJobs([path], { out: folder })).toThrow(InputError);
    expect(listJobs([path], { out: folder, format: "png" }).jobs[0]!.output).toBe(join(folder, "a.png"));
    expect(() => listJobs([path], { out: path })).toThrow("an output that is one of the inputs");
    await writeFile(join(folder, "notes.txt"), "");
    expect(() => listJobs([path], { out: join(folder, "notes.txt") })).toThrow("expected a folder, received the file");
  });

  it.runIf(process.platform === "linux")("keeps names apart as the file system does", async () => {
    const paths = [await photo("a.jpg"), await photo("A.JPG")];
    const { jobs } = listJobs([folder], { out });
    expect(jobs.map(({ output }) => output).sort()).toEqual([join(out, "A.JPG"), join(out, "a.jpg")]);
    expect(() => checkOutputs(jobs, { caseSensitive: true })).not.toThrow();
    expect(() => checkOutputs(jobs, { caseSensitive: false })).toThrow(
      /one input for each output, received .*\. The file system takes both names for one/,
    );
    await run([folder, "--out", out]);
    expect((await readdir(out)).sort()).toEqual(["A.JPG", "a.jpg"]);
    expect(paths).toHaveLength(2);
  });

  it("sees collisions, and those of a common format", async () => {
    const paths = [await photo("one/a.jpg"), await photo("two/a.jpg")];
    expect(() => listJobs(paths, { out })).toThrow("one input for each output");
    const formats = [await photo("b.jpg"), await photo("b.png")];
    expect(listJobs(formats, { out }).jobs).toHaveLength(2);
    expect(() => listJobs(formats, { out, format: "webp" })).toThrow("one input for each output");
  });

  it("names files without an extension by their content", async () => {
    const path = await photo("scan.png");
    await writeFile(join(folder, "scan.0001"), await readFile(path));
    const { jobs } = listJobs([join(folder, "scan.0001")], { out });
    expect(jobs[0]).toMatchObject({ format: "png", output: join(out, "scan.0001.png") });
  });

  it("reports what is no picture", async () => {
    await mkdir(join(folder, "empty"));
    await writeFile(join(folder, "notes.txt"), "hello, these are notes");
    const paths = ["empty", "notes.txt", "none"].map((name) => join(folder, name));
    const { jobs, bad } = listJobs(paths, { out });
    expect(jobs).toEqual([]);
    expect(bad.map(({ error }) => error.received).sort()).toEqual([
      "a folder without pictures",
      "another kind of file",
      "no such file or folder",
    ]);
  });
});
