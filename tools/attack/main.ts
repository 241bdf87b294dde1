/** Attacks the project: `npm run attack -- [FILES] [--seconds 60] [--seed 20260131] [--only models,faults]`. docs/reliability.md explains it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { describeDevice } from "../../src/gpu/device";
import { requestNodeDevice } from "../../src/node/device";
import { printable } from "../../src/node/printable";
import { wholeNumber } from "../command";
import { ATTACKS } from "./attacks";
import type { Attack } from "./attack";
import { Campaign, type Figures, type Found } from "./campaign";
import { readCorpus } from "./corpus";
import { writeFigures } from "./figures";
import { KEPT } from "./reliability-page";

interface Options {
  readonly seconds: number;
  readonly count?: number;
  readonly seed: number;
  readonly only?: readonly Attack[];
  readonly findings: string;
  readonly write?: true;
}

function attacksOf(text: string): Attack[] {
  return text.split(",").map((name) => {
    const attack = ATTACKS[name];
    if (!attack) throw new InvalidArgumentError(`Expected some of ${Object.keys(ATTACKS).join(",")}.`);
    return attack;
  });
}

const today = Number(new Date().toISOString().slice(0, 10).replaceAll("-", ""));
const all = Object.values(ATTACKS);
const command = new Command("npm run attack --")
  .description(
    `Attacks the project with hostile inputs and failing devices.\n\n${all.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}`,
  )
  .argument("[files...]", "inputs to check again, each in a folder that has its attack's name; default: the corpus")
  .option("--seconds <n>", "time of new inputs, shared by the attacks; 0 checks the corpus only", wholeNumber(0), 60)
  .option("--count <n>", "new inputs of each attack, instead of --seconds", wholeNumber(0))
  .option("--seed <n>", "the same seed invents the same inputs", wholeNumber(0), today)
  .option("--only <attacks>", "names, separated by commas; default: all but those that take minutes", attacksOf)
  .option("--findings <folder>", "folder for inputs that break a promise", "out/attack")
  .option("--write", "add the figures to docs/reliability.md; a run of a seed that is there takes its place")
  .parse();
const options = command.opts<Options>();

/** Findings among the kept inputs or the given files, and among new inputs. */
let known = 0;
let fresh = 0;

/** Prints a finding and saves its input, so that it can be checked again and be added to the corpus. */
async function keep({ attack, text, seed, number, input }: Found): Promise<void> {
  const path = join(options.findings, attack, `found-${seed}-${number}`);
  const saved = !Number.isNaN(seed);
  if (saved) fresh++;
  else known++;
  if (saved) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, input);
  }
  const lines = text.split("\n").slice(0, 8).map(printable).join("\n    ");
  console.log(`FOUND by ${attack}: ${lines}`);
  if (saved) console.log(`    ${input.length} bytes: npm run attack -- ${path}   (input ${number} of --seed ${seed})`);
}

async function replayFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const attack = ATTACKS[basename(dirname(path))];
    if (!attack) return command.error(`error: ${path}: expected a folder named ${Object.keys(ATTACKS).join(" or ")}`);
    const campaign = new Campaign(attack);
    const saving: Promise<void>[] = [];
    const files = [{ name: path, bytes: await readFile(path) }];
    const { outcomes } = await campaign.replay(files, (found) => void saving.push(keep(found)));
    await Promise.all(saving);
    campaign.stop();
    console.log(`${path}: ${Object.keys(outcomes).join(", ")}`);
  }
}

function print(attack: string, what: string, { inputs, findings, outcomes, ...most }: Figures, start: number): void {
  const took = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${attack}: ${inputs} ${what}, ${findings} findings, ${took} s`);
  for (const [outcome, n] of Object.entries(outcomes).sort(([, a], [, b]) => b - a)) console.log(`  ${n} ${outcome}`);
  const heap = most.heap === undefined ? "" : `, ${most.heap.toFixed(0)} bytes of heap left by each`;
  console.log(
    `  at most ${most.seconds.toFixed(2)} s of processor time and ${(most.memory / 1e6).toFixed(0)} MB more memory${heap}`,
  );
  for (const [name, value] of Object.entries(most.figures)) console.log(`  ${name}: ${value}`);
}

async function attackAll(): Promise<void> {
  const { seconds, count, seed, only = all.filter(({ share }) => share > 0) } = options;
  const date = new Date().toISOString().slice(0, 10);
  const adapter = options.write ? describeDevice(await requestNodeDevice()) : "";
  console.log(`seed ${seed}`);
  const shares = only.reduce((sum, { share }) => sum + share, 0);
  for (const attack of only) {
    const campaign = new Campaign(attack);
    const corpus = await readCorpus(attack.name);
    const saving: Promise<void>[] = [];
    const onFound = (found: Found): void => void saving.push(keep(found));
    let start = performance.now();
    const kept = await campaign.replay(corpus, onFound);
    print(attack.name, "kept inputs", kept, start);
    start = performance.now();
    const time = count === undefined ? { seconds: (seconds * attack.share) / shares } : { count };
    const invented = await campaign.run({ seed, corpus, ...time, onFound });
    if (invented.inputs > 0) print(attack.name, "new inputs", invented, start);
    await Promise.all(saving);
    campaign.stop();
    if (options.write) {
      await writeFigures(attack.name, KEPT, { ...kept, date, adapter });
      if (invented.inputs > 0) await writeFigures(attack.name, `seed ${seed}`, { ...invented, date, adapter });
    }
  }
}

if (command.args.length > 0) await replayFiles(command.args);
else await attackAll();
// 3: only new inputs broke a promise, which says nothing about the last change: the seed of another day finds others.
process.exit(known > 0 ? 1 : fresh > 0 ? 3 : 0);
