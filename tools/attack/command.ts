/** The command line killed, out of disk space, without permissions and given many files: every input is accounted for, every result is whole. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { readImage } from "../../src/node/read-image";
import { tinyModel } from "../../test/shared/tiny-model";
import { Finding, fromJsonInput, jsonInput, whole, type Attack, type Checked } from "./attack";

interface Input {
  readonly trouble: keyof typeof TROUBLES;
  readonly files: number;
  /** One of so many files is none that can be read. */
  readonly bad: number;
  /** killed: results before the signal. */
  readonly after: number;
}

const MAIN = ["--import", "./tools/register.mjs", "src/node/cli-main.ts"];
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The user "nobody", whom permissions bind where this process is root. */
const NOBODY = 65_534;

interface Place {
  readonly input: Input;
  readonly folder: string;
  readonly pictures: string;
  readonly out: string;
  readonly model: string;
  /** Names of files in `pictures` that can be coloured. */
  readonly good: ReadonlySet<string>;
  readonly bad: ReadonlySet<string>;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Files that are no pictures, or not whole. */
function badFile(n: number, picture: Buffer): Buffer {
  return [picture.subarray(0, 60), Buffer.alloc(0), Buffer.from("not a picture"), Buffer.from(picture).fill(0, 40)][
    n % 4
  ]!;
}

async function prepare(input: Input): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "colorize-attack-"));
  const [pictures, out, model] = ["pictures", "out", "model"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [pictures, model, out]) await mkdir(path);
  for (const [name, bytes] of Object.entries(tinyModel())) await writeFile(join(model, name), bytes);
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: "#888", noise } })
    .png()
    .toBuffer();
  const [good, bad] = [new Set<string>(), new Set<string>()];
  for (let i = 0; i < input.files; i++) {
    const isBad = input.bad > 0 && i % input.bad === input.bad - 1;
    (isBad ? bad : good).add(`${i}.png`);
    await writeFile(join(pictures, `${i}.png`), isBad ? badFile(i, picture) : picture);
  }
  return { input, folder, pictures, out, model, good, bad };
}

/** Runs the command. `onLine` sees each line of its output; `before`: shell commands, for limits. */
function run(
  place: Place,
  args: readonly string[],
  { onLine, before, user }: { onLine?: (kill: () => void) => void; before?: string; user?: number } = {},
): Promise<Ended> {
  const command = [process.execPath, ...MAIN, place.pictures, "--model", place.model, "--out", place.out, ...args];
  // Without the process that filters the driver's output, so that signals reach the one that writes.
  const env = {
    ...process.env,
    COLORIZE_STDERR: "2",
    HOME: place.folder,
    XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? "", ".cache"),
  };
  const options = { cwd: ROOT, env, ...(user !== undefined && { uid: user, gid: user }) };
  const child = before
    ? spawn("bash", ["-c", `${before}; exec "$@"`, "bash", ...command], options)
    : spawn(command[0]!, command.slice(1), options);
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => {
    printed.stdout += text.toString();
    for (let n = text.toString().split("\n").length - 1; n > 0; n--) onLine?.(() => child.kill("SIGKILL"));
  });
  child.stderr.on("data", (text: Buffer) => (printed.stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...printed }));
  });
}

/** The results in the folder, each of which must be a whole picture. */
async function wholeResults({ out }: Place): Promise<string[]> {
  const names = (await readdir(out)).filter((name) => !name.startsWith("."));
  for (const name of names) {
    const { width, height } = await readImage(join(out, name)).catch((error: unknown) => {
      throw new Finding(`a result that is not whole: ${String(error)}`);
    });
    if (width !== 40 || height !== 30) throw new Finding(`a result of ${width} x ${height} pixels`);
  }
  return names;
}

async function expectNoTemporaryFiles({ out }: Place): Promise<void> {
  const left = (await readdir(out)).filter((name) => name.endsWith(".tmp"));
  if (left.length > 0) throw new Finding(`${left.length} temporary files are left, such as ${left[0]}`);
}

/** Checks that each input has one line of --json: coloured, failed with a typed error, or skipped. */
function expectAccount(
  { good, bad }: Place,
  { stdout, stderr, code }: Ended,
  codes: readonly number[],
): Record<string, number> {
  const seen = new Map<string, string>();
  for (const line of stdout.split("\n").filter(Boolean)) {
    const report = JSON.parse(line) as {
      input: string;
      output?: string;
      skipped?: string;
      error?: { code: string; message: string };
    };
    const name = report.input.split("/").at(-1)!;
    if (seen.has(name)) throw new Finding(`${name} is reported twice`);
    if (report.error?.code === "unexpected") throw new Finding(`an error without a type: ${report.error.message}`);
    seen.set(name, report.error ? "failed" : report.skipped === undefined ? "coloured" : "skipped");
  }
  for (const name of [...good, ...bad])
    if (!seen.has(name)) throw new Finding(`${name} is in no report. ${stderr.slice(-500)}`);
  for (const name of bad)
    if (seen.get(name) === "coloured") throw new Finding(`${name} is no picture and was coloured`);
  if (!codes.includes(code!))
    throw new Finding(`exit code ${code} instead of ${codes.join(" or ")}. ${stderr.slice(-500)}`);
  const counts: Record<string, number> = {};
  for (const how of seen.values()) counts[how] = (counts[how] ?? 0) + 1;
  return counts;
}

const TROUBLES = {
  /** All that can be read is coloured; all else is reported. */
  "many files": async (place: Place): Promise<string> => {
    const ended = await run(place, ["--json"]);
    const counts = expectAccount(place, ended, [place.bad.size > 0 ? 1 : 0]);
    if ((counts["coloured"] ?? 0) !== place.good.size)
      throw new Finding(`${counts["coloured"] ?? 0} of ${place.good.size} pictures coloured`);
    if ((await wholeResults(place)).length !== place.good.size) throw new Finding("results are missing");
    return `${place.input.files} files, each accounted for`;
  },
  /** Killed in the middle, and started again with --resume. */
  killed: async (place: Place): Promise<string> => {
    let lines = 0;
    const { signal } = await run(place, ["--resume"], {
      onLine: (kill) => void (++lines >= place.input.after && kill()),
    });
    const before = await wholeResults(place);
    const { code } = await run(place, ["--resume"]);
    if (code !== (place.bad.size > 0 ? 1 : 0)) throw new Finding(`exit code ${code} when resumed`);
    await expectNoTemporaryFiles(place);
    const after = await wholeResults(place);
    if (after.length !== place.good.size)
      throw new Finding(`${after.length} of ${place.good.size} results when resumed, ${before.length} before`);
    return signal === "SIGKILL" ? "killed and resumed" : "ended before the signal, and resumed";
  },
  /** A file system of 64 KB, or files of at most 1 KB where none can be mounted. */
  "full disk": async (place: Place): Promise<string> => {
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", place.out]).status === 0;
    try {
      const ended = await run(place, ["--json"], mounted ? {} : { before: "trap '' XFSZ; ulimit -f 1" });
      expectAccount(place, ended, [1]);
      await wholeResults(place);
      await expectNoTemporaryFiles(place);
    } finally {
      if (mounted) spawnSync("umount", [place.out]);
    }
    return mounted ? "a full file system" : "a limit on the size of files";
  },
  /** The folder of results is not writable. */
  "read-only": async (place: Place): Promise<string> => {
    const root = process.getuid?.() === 0;
    for (const path of [place.folder, place.pictures, place.model]) await chmod(path, 0o755);
    await chmod(place.out, 0o555);
    const ended = await run(place, ["--json"], root ? { user: NOBODY } : {});
    await chmod(place.out, 0o755);
    // The folder is tried before anything is loaded.
    if (ended.code !== 2 || !/expected a folder that can be written, received/.test(ended.stderr))
      throw new Finding(`exit code ${ended.code}: ${ended.stderr.slice(-500)}`);
    if ((await readdir(place.out)).length > 0) throw new Finding("results in a folder that is read-only");
    return "a folder that is read-only";
  },
} satisfies Record<string, (place: Place) => Promise<string>>;

async function check(bytes: Uint8Array): Promise<Checked> {
  const input = fromJsonInput<Input>(bytes);
  const place = await prepare(input);
  try {
    return { outcome: await TROUBLES[input.trouble](place) };
  } finally {
    await rm(place.folder, { recursive: true, force: true });
  }
}

async function corpus(): Promise<Record<string, Uint8Array>> {
  const input = (trouble: Input["trouble"], files: number, bad: number): Uint8Array =>
    jsonInput({ trouble, files, bad, after: 5 } satisfies Input);
  return {
    "killed.json": input("killed", 30, 7),
    "full-disk.json": input("full disk", 40, 0),
    "read-only.json": input("read-only", 5, 0),
    "many-files.json": input("many files", 10_000, 9),
  };
}

export const command: Attack = {
  name: "command",
  about:
    "the command line killed, out of disk space, without permissions, and given many files with bad ones among them",
  share: 0,
  seconds: 600,
  memory: 4e8,
  invent: (dice) => {
    const trouble = dice.pick(Object.keys(TROUBLES) as Input["trouble"][]);
    return whole(
      jsonInput({
        trouble,
        files: 20 + dice.below(60),
        bad: dice.pick([0, 2, 7]),
        after: 1 + dice.below(15),
      } satisfies Input),
    );
  },
  corpus,
  check,
};
