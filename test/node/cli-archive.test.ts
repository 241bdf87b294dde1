/** What archives need of the command line: many files, in parts, in several runs. */
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "../../src/node/cli";
import { inShard } from "../../src/node/cli-shard";
import { TEMPORARY_HOST } from "../../src/node/place-file";
import { readImage } from "../../src/node/read-image";
import { paintedPhoto, run } from "./run-command";

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "colorize-archive-"));
  out = join(folder, "out");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const photo = (name: string): Promise<string> => paintedPhoto(join(folder, name));

/** The files in the folder of results, journals left out. */
async function results(): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.map((path) => relative(out, path)).filter((path) => !path.includes("journal")).sort(); // prettier-ignore
}

describe("--recursive", () => {
  it("keeps the folders, and leaves out the results, hidden files and links to folders", async () => {
    for (const name of ["a.jpg", "1931/a.jpg", "1931/may/b.png", "1931/.hidden.jpg", ".git/c.jpg"])
      await photo(`album/${name}`);
    await mkdir(join(folder, "album", "empty"));
    await symlink(join(folder, "album"), join(folder, "album", "loop"));
    await symlink(join(folder, "album", "1931", "a.jpg"), join(folder, "album", "best.jpg"));
    out = join(folder, "album", "out");
    const args = [join(folder, "album"), "--recursive", "--out", out];
    const first = await run(args);
    expect(first.code).toBe(EXIT.ok);
    expect(await results()).toEqual(["1931/a.jpg", "1931/may/b.png", "a.jpg"]);
    expect(first.stderr).toMatch(
      /^2 skipped:\n {2}a link to a folder\. Name it, too: \S*loop\n {2}a link to another photograph of this run: \S*best\.jpg\n$/,
    );
    const again = await run([...args, "--overwrite"]);
    expect(again.stdout).toContain("3 of 3 photographs coloured");
    expect(again.stderr).toMatch(/the folder of results: \S*out\n/);
  });

  it("fails for a folder without pictures, and says how to search inside", async () => {
    await mkdir(join(folder, "album", "empty"), { recursive: true });
    await writeFile(join(folder, "album", "notes.txt"), "text");
    for (const [args, hint] of [
      [[], "give --recursive"],
      [["-r"], "Check the path"],
    ] as const) {
      const { code, stderr } = await run([join(folder, "album"), "--out", out, ...args]);
      expect(code).toBe(EXIT.failed);
      expect(stderr).toMatch(new RegExp(`received a folder without pictures. .*${hint}`));
    }
  });
});

describe("--files-from", () => {
  it("reads lines or zero-ended paths, from a file or stdin, and keeps the folders of relative paths", async () => {
    const inside = relative(process.cwd(), folder);
    const paths = [await photo("a.jpg"), await photo("x/a.jpg"), await photo("y/new\nline.jpg")];
    const list = join(folder, "list.txt");
    await writeFile(list, `${join(inside, "x", "..", "a.jpg")}\r\n\r\n${join(inside, "x/a.jpg")}\n`);
    const fromFile = await run(["--files-from", list, "--out", out]);
    expect({ code: fromFile.code, stderr: fromFile.stderr }).toEqual({ code: EXIT.ok, stderr: "" });
    const kept = inside.replace(/^(\.\.\/)+/, "");
    expect(await results()).toEqual([`${kept}/a.jpg`, `${kept}/x/a.jpg`]);
    const named = await photo("named.jpg");
    const fromStdin = await run([named, "--files-from", "-", "--out", out], { stdin: `${paths[2]}\0` });
    expect(fromStdin.code).toBe(EXIT.ok);
    const whole = folder.slice(1);
    const expected = ["named.jpg", `${kept}/a.jpg`, `${kept}/x/a.jpg`, `${whole}/y/new\nline.jpg`];
    expect((await results()).sort()).toEqual(expected.sort());
  });

  it("says what is wrong with the list, and goes on after wrong paths", async () => {
    const missing = await run(["--files-from", join(folder, "none"), "--out", out]);
    expect(missing.code).toBe(EXIT.usage);
    expect(missing.stderr).toMatch(/^--files-from: expected a file with the paths of photographs, received .*ENOENT/);
    const stdin = `${join(folder, "none.jpg")}\n${await photo("a.jpg")}\n`;
    const { code, stderr, stdout } = await run(["--files-from", "-", "--out", out], { stdin });
    expect(code).toBe(EXIT.failed);
    expect(stdout).toContain("1 of 2 photographs coloured");
    expect(stderr).toContain("none.jpg: expected a JPEG, PNG, WebP or TIFF picture, received no such file");
    const line = await run(["--files-from", "-", "--out", out], { stdin: "-\n" });
    expect(line.stderr).toContain("./-: expected a JPEG, PNG, WebP or TIFF picture, received no such file");
    const twice = await run(["-", "--files-from", "-"]);
    expect(twice.stderr).toContain('received "-" as a photograph and as the list');
  });
});

describe("--skip-existing", () => {
  it("leaves out what has a result, lists it, and succeeds", async () => {
    const paths = [await photo("a.jpg"), await photo("b.jpg")];
    await run([paths[0]!, "--out", out]);
    await writeFile(join(out, "a.jpg"), "mine");
    const { code, stdout, stderr, calls } = await run([...paths, "--out", out, "--skip-existing"]);
    expect(code).toBe(EXIT.ok);
    expect(calls.colorize).toHaveLength(1);
    expect(stdout).toContain("1 of 1 photograph coloured");
    expect(stderr).toMatch(/^1 skipped:\n {2}its result exists: \S*a\.jpg\n$/);
    expect(await readFile(join(out, "a.jpg"), "utf8")).toBe("mine");
    const none = await run([...paths, "--out", out, "--skip-existing", "--json"]);
    expect(none.calls.load).toEqual([]);
    expect(none.stderr).toBe("No photograph is left to colour\n");
    expect(none.stdout.match(/"skipped":"its result exists."/g)).toHaveLength(2);
    for (const other of ["--overwrite", "--resume"]) {
      const both = await run([...paths, "--out", out, "--skip-existing", other]);
      expect(both.code).toBe(EXIT.usage);
      expect(both.stderr).toContain("cannot be used with option");
    }
  });
});

describe("--shard", () => {
  it("gives every photograph to exactly one part, whatever the folder is called", async () => {
    for (let i = 0; i < 12; i++) await photo(`one/${i}.jpg`);
    await photo("one/inner/0.jpg");
    await writeFile(join(folder, "one", "notes.txt"), "text");
    const parts: string[][] = [];
    const skipped: string[] = [];
    for (const part of ["1/3", "2/3", "3/3"]) {
      out = join(folder, `out-${part[0]}`);
      const { code, stderr } = await run([join(folder, "one"), "-r", "--out", out, "--shard", part]);
      expect(code).toBe(EXIT.ok);
      skipped.push(...(stderr.match(/notes\.txt/g) ?? []));
      parts.push(await results());
    }
    expect(parts.flat().sort()).toEqual([...Array.from({ length: 12 }, (_, i) => `${i}.jpg`), "inner/0.jpg"].sort());
    expect(parts.every((names) => names.length > 0)).toBe(true);
    expect(skipped).toHaveLength(1);
    // Another place, another order, the same part.
    for (let i = 11; i >= 0; i--) await photo(`elsewhere/two/${i}.jpg`);
    out = join(folder, "out-again");
    await run([join(folder, "elsewhere", "two"), "-r", "--out", out, "--shard", "1/3"]);
    expect(await results()).toEqual(parts[0]!.filter((name) => !name.includes("inner")));
  });

  it("does not change from one version to the next", () => {
    const part = (path: string): number => [1, 2, 3, 4, 5].find((index) => inShard(path, { index, count: 5 }))!;
    // Computed by Python: int(sha256(path.encode()).hexdigest()[:12], 16) % 5 + 1.
    expect(["a.jpg", "1931/may/b.png", "é.tif"].map(part)).toEqual([1, 2, 4]);
    expect(part("1931\\may\\b.png")).toBe(part("1931/may/b.png"));
    expect(part("e\u0301.tif")).toBe(part("é.tif"));
  });

  it("sees two inputs of one output in the whole list", async () => {
    const paths = [await photo("one/a.jpg"), await photo("two/a.jpg")];
    for (const part of ["1/2", "2/2"])
      expect((await run([...paths, "--out", out, "--shard", part])).stderr).toContain("one input for each output");
  });

  it.each(["0/2", "3/2", "2", "1/0", "a/b", "-1/2"])("refuses %s", async (text) => {
    const { code, stderr } = await run([await photo("a.jpg"), `--shard=${text}`]);
    expect(code).toBe(EXIT.usage);
    expect(stderr).toContain("Expected two whole numbers K/N with K from 1 to N, as in 2/8.");
  });
});

describe("--resume", () => {
  const colour = (...more: string[]) => run([join(folder, "album"), "-r", "--out", out, "--resume", ...more]);
  const done = ({ stdout }: { stdout: string }): string[] =>
    stdout.split("\n").filter((line) => line.includes(" -> ")).map((line) => basename(line.split(" -> ")[0]!)); // prettier-ignore

  beforeEach(async () => {
    for (const name of ["a.jpg", "b.jpg", "in/c.png"]) await photo(`album/${name}`);
  });

  it("does what an earlier run left, and what changed since; other files of that name stay", async () => {
    await mkdir(out);
    await writeFile(join(out, "b.jpg"), "foreign");
    let calls = 0;
    const first = await run([join(folder, "album"), "-r", "--out", out, "--resume"], {
      onColorize: (_, stop) => {
        if (++calls === 2) stop.abort();
      },
    });
    expect(first.code).toBe(EXIT.interrupted);
    expect(await results()).toEqual(["a.jpg", "b.jpg"]);
    const second = await colour();
    expect(done(second)).toEqual(["c.png"]);
    expect(second.stderr).toMatch(/1 skipped:\n {2}finished by an earlier run: \S*a\.jpg\n1 failed:\n.*b\.jpg/);
    expect(await readFile(join(out, "b.jpg"), "utf8")).toBe("foreign");
    await rm(join(out, "b.jpg"));
    expect(done(await colour())).toEqual(["b.jpg"]);
    const idle = await colour();
    expect({ code: idle.code, loaded: idle.calls.load.length, done: done(idle) }).toEqual({
      code: EXIT.ok,
      loaded: 0,
      done: [],
    });
    await sharp({ create: { width: 9, height: 9, channels: 3, background: "#333" } }).toFile(
      join(folder, "album", "a.jpg"),
    );
    await utimes(join(folder, "album", "in", "c.png"), new Date(), new Date(Date.now() + 5000));
    expect(done(await colour())).toEqual(["a.jpg", "c.png"]);
    expect((await readImage(join(out, "a.jpg"))).width).toBe(9);
    expect(done(await colour())).toEqual([]);
  });

  it("does not replace a result that somebody edited", async () => {
    await colour();
    await writeFile(join(out, "a.jpg"), "edited");
    const skipped = await colour();
    expect(skipped.stderr).toContain("finished by an earlier run, and changed since by somebody else");
    await utimes(join(folder, "album", "a.jpg"), new Date(), new Date(Date.now() + 5000));
    const changed = await colour();
    expect(changed.code).toBe(EXIT.failed);
    expect(changed.stderr).toMatch(/a\.jpg.* received one that is there already/);
    expect(await readFile(join(out, "a.jpg"), "utf8")).toBe("edited");
    expect(done(await colour("--overwrite"))).toEqual(["a.jpg"]);
    expect((await readImage(join(out, "a.jpg"))).width).toBe(8);
  });

  it("takes a result that never got its name, or whose journal's line was cut, for unfinished", async () => {
    const journal = join(out, ".colorize-journal.jsonl");
    await colour();
    // Killed after the line, before the rename.
    await rm(join(out, "in", "c.png"));
    expect(done(await colour())).toEqual(["c.png"]);
    // A power failure in the middle of a line; the result is there, and nobody knows whose it is.
    const text = await readFile(journal, "utf8");
    const line = text.split("\n").find((entry) => entry.includes('"a.jpg"'))!;
    await writeFile(journal, text.replace(`${line}\n`, "") + line.slice(0, 40));
    const cut = await colour();
    expect(cut.stderr).toMatch(/a\.jpg.* received one that is there already/);
    await rm(join(out, "a.jpg"));
    expect(done(await colour())).toEqual(["a.jpg"]);
    expect(done(await colour())).toEqual([]);
  });

  it("does a result again that was being replaced when the run was killed", async () => {
    await colour();
    const journal = join(out, ".colorize-journal.jsonl");
    await utimes(join(folder, "album", "a.jpg"), new Date(), new Date(Date.now() + 5000));
    const { size, mtimeMs } = await stat(join(folder, "album", "a.jpg"));
    // As if the run that saw the change was killed between the line and the rename.
    await appendFile(journal, `${JSON.stringify({ below: "a.jpg", input: join(folder, "album", "a.jpg"), photograph: { bytes: size, modified: mtimeMs }, result: { bytes: 1, modified: 1 } })}\n`); // prettier-ignore
    expect(done(await colour())).toEqual(["a.jpg"]);
  });

  it("reads the journals of all workers, and refuses other options", async () => {
    await colour("--shard", "1/2");
    await colour("--shard", "2/2");
    expect((await readdir(out)).filter((name) => name.startsWith(".")).sort()).toEqual([
      ".colorize-journal-1-of-2.jsonl",
      ".colorize-journal-2-of-2.jsonl",
    ]);
    expect(done(await colour())).toEqual([]);
    expect(done(await colour("--shard", "3/5"))).toEqual([]);
    const other = await colour("--saturation", "1.5");
    expect(other.code).toBe(EXIT.usage);
    expect(other.stderr).toMatch(
      /journal\S*: expected the options of this run: model sha256 \w{64}, saturation 1.5, received a journal of a run with others: model sha256 \w{64}\. Give/,
    );
  });

  it("takes a result for finished whichever journal says so, also where a later one knows an older photograph", async () => {
    await colour();
    await utimes(join(folder, "album", "a.jpg"), new Date(), new Date(Date.now() + 5000));
    const parts = [await colour("--shard", "1/2"), await colour("--shard", "2/2")];
    expect(parts.flatMap(done)).toEqual(["a.jpg"]);
    // .colorize-journal-1-of-2.jsonl comes before .colorize-journal.jsonl, in which a.jpg is as it was.
    expect(done(await colour())).toEqual([]);
    expect((await colour()).code).toBe(EXIT.ok);
  });

  it("says which journal it may not write", async () => {
    await mkdir(join(out, ".colorize-journal.jsonl"), { recursive: true });
    const { code, stderr, calls } = await colour();
    expect({ code, loads: calls.load.length }).toEqual({ code: EXIT.usage, loads: 0 });
    expect(stderr).toMatch(
      /^--resume: expected to read and to write the journals in .*, received EISDIR.*Check the permissions/,
    );
  });

  it("knows a model by its content: not by its path, and not by its name", async () => {
    const model = join(folder, "my-model");
    await mkdir(model);
    await copyFile("models/natural/model.json", join(model, "model.json"));
    await colour("--model", "natural");
    for (const spelling of ["models/natural", "models/natural/model.json", model, pathToFileURL(model).href])
      expect(done(await colour("--model", spelling)), spelling).toEqual([]);
    expect((await colour()).code, "another model").toBe(EXIT.usage);
    await appendFile(join(model, "model.json"), "\n");
    const changed = await colour("--model", model);
    expect({ code: changed.code, loads: changed.calls.load.length }).toEqual({ code: EXIT.usage, loads: 0 });
    const missing = await colour("--model", "./no-such-model/");
    expect(missing.code).toBe(EXIT.usage);
    expect(missing.stderr).toMatch(/--model: expected a folder with model\.json, or an \.onnx file, received .*ENOENT/);
  });

  it("knows hints by their content: not by their file's name, nor by how it is written", async () => {
    const hints = join(folder, "hints.json");
    const hint = { x: 1, y: 1, radius: 1, color: "#a64" };
    const args = [await photo("one.jpg"), "--out", out, "--resume", "--hints"];
    await writeFile(hints, JSON.stringify([hint]));
    expect(done(await run([...args, hints]))).toHaveLength(1);
    const copy = join(folder, "copy.json");
    await writeFile(copy, JSON.stringify([hint], null, 2));
    expect(done(await run([...args, copy]))).toEqual([]);
    await writeFile(hints, JSON.stringify([{ ...hint, color: "#46a" }]));
    const other = await run([...args, hints]);
    expect(other.code).toBe(EXIT.usage);
    expect(other.stderr).toMatch(/hints \[.*#46a.*received a journal of a run with others: .*hints \[.*#a64/);
    expect((await run(args.slice(0, -1))).code, "no hints").toBe(EXIT.usage);
  });

  it("does not take another photograph of the same name for the same", async () => {
    const twin = await photo("elsewhere/a.jpg");
    await colour();
    await utimes(twin, new Date(), new Date(Date.now() + 9000));
    const { code, stderr } = await run([twin, "--out", out, "--resume"]);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain("received one that is there already");
    // The same file on another machine's path.
    const { mtimeMs } = await stat(join(folder, "album", "b.jpg"));
    await copyFile(join(folder, "album", "b.jpg"), join(folder, "elsewhere", "b.jpg"));
    await utimes(join(folder, "elsewhere", "b.jpg"), new Date(), new Date(mtimeMs));
    const moved = await run([join(folder, "elsewhere", "b.jpg"), "--out", out, "--resume"]);
    expect(moved.stderr).toMatch(/finished by an earlier run: \S*b\.jpg/);
  });

  it("needs files and a folder", async () => {
    const path = await photo("a.jpg");
    for (const args of [
      ["-", "--out", out],
      [path, "--out", "-"],
    ]) {
      // prettier-ignore
      const { code, stderr } = await run([...args, "--resume"], { stdin: await readFile(path) });
      expect(code).toBe(EXIT.usage);
      expect(stderr).toContain("--resume: expected photographs in files, and a folder for results");
    }
  });
});

it("removes temporary files of runs that were killed", async () => {
  await mkdir(out);
  const name = (host: string, pid: number) => join(out, `.colorize-${host}-${pid}-0.tmp`);
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  const host = TEMPORARY_HOST;
  const [ended, running] = [2 ** 22 + 1, process.ppid];
  for (const path of [name(host, ended), name(host, running), name("0000abcd", 1), name("0000abcd", 2)])
    await writeFile(path, "half");
  await utimes(name("0000abcd", 2), yesterday, yesterday);
  await writeFile(join(out, ".colorize-notes.tmp"), "mine");
  await run([await photo("second.jpg"), "--out", out]);
  expect((await readdir(out)).sort()).toEqual(
    [basename(name(host, running)), basename(name("0000abcd", 1)), ".colorize-notes.tmp", "second.jpg"].sort(),
  );
});
