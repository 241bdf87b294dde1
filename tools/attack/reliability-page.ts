/** The text of docs/reliability.md. */
import { ATTACKS } from "./attacks";
import type { Figures } from "./campaign";

/** What one command found. */
export interface Run extends Figures {
  /** As YYYY-MM-DD. */
  readonly date: string;
  readonly adapter: string;
}

/** The run of the corpus; a run of new inputs has the name "seed N". */
export const KEPT = "kept inputs";

/** By attack and by the name of the run. */
export type Runs = Readonly<Record<string, Readonly<Record<string, Run>>>>;

const number = (value: number): string => value.toLocaleString("en-US");

/** All runs of an attack as one: sums of what is counted, the largest of what is measured. */
function total(runs: readonly Run[]): Figures {
  const sum = (of: (run: Run) => number): number => runs.reduce((all, run) => all + of(run), 0);
  const most = (of: (run: Run) => number): number => Math.max(...runs.map(of));
  const keys = (of: (run: Run) => object): string[] => [...new Set(runs.flatMap((run) => Object.keys(of(run))))];
  const long = runs.filter(({ heap }) => heap !== undefined);
  const inputs = long.reduce((all, run) => all + run.inputs, 0);
  return {
    inputs: sum((run) => run.inputs),
    findings: sum((run) => run.findings),
    outcomes: Object.fromEntries(keys((run) => run.outcomes).map((key) => [key, sum((run) => run.outcomes[key] ?? 0)])),
    seconds: most((run) => run.seconds),
    memory: most((run) => run.memory),
    figures: Object.fromEntries(
      keys((run) => run.figures).map((key) => [key, most((run) => run.figures[key] ?? -Infinity)]),
    ),
    ...(long.length > 0 && { heap: long.reduce((all, run) => all + run.heap! * run.inputs, 0) / inputs }),
  };
}

function rowOf(name: string, runs: readonly Run[]): string {
  const { about } = ATTACKS[name]!;
  if (runs.length === 0) return `| \`${name}\` | ${about} | not run | | | | |`;
  const { inputs, findings, seconds, memory, heap } = total(runs);
  const cells = [
    number(inputs),
    number(findings),
    `${seconds.toFixed(2)} s`,
    `${Math.round(memory / 1e6)} MB`,
    heap === undefined ? "" : `${number(Math.round(heap))} B`,
  ];
  return `| \`${name}\` | ${about} | ${cells.join(" | ")} |`;
}

function outcomesOf(name: string, runs: Readonly<Record<string, Run>>): string {
  const all = Object.values(runs);
  const { outcomes, figures } = total(all);
  const names = Object.keys(runs).sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const dates = [...new Set(all.map(({ date }) => date))].sort();
  const rows = Object.entries(outcomes).sort(([, a], [, b]) => b - a);
  return `### ${name}

The ${names.join(", ")}; ${dates.join(", ")}; on ${[...new Set(all.map(({ adapter }) => adapter))].join(", ")}.

${rows.map(([outcome, count]) => `- ${number(count)} ${outcome}\n`).join("")}${Object.entries(figures)
    .map(([what, value]) => `- ${what}: ${number(value)}\n`)
    .join("")}`;
}

export function reliabilityPage(runs: Runs): string {
  const names = Object.keys(ATTACKS);
  return `# Reliability

\`npm run attack\` attacks the project from outside, as a hostile file, a failing device, a lying server or an interrupted command would. This page is written by \`npm run attack -- --write\`;
[SECURITY.md](../SECURITY.md) lists the promises that it tests.

## Figures

The kept inputs of each attack, and new inputs of the seeds that are listed under [Outcomes](#outcomes), all together. *Time* is the most processor time of one
input, all threads together; *memory* the most by which one input raised the process's peak;
*heap* what an input leaves behind on average, after garbage collection. *Findings* are counted as a run found them; each is mended since, and kept in
\`test/attack-corpus/\`. A seed that is run again after that takes the place of its earlier run.

| Attack | What it does | Inputs | Findings | Time | Memory | Heap |
| --- | --- | --- | --- | --- | --- | --- |
${names.map((name) => rowOf(name, Object.values(runs[name] ?? {}))).join("\n")}

## What counts as a finding

- a crash, or no answer within ${ATTACKS["models"]!.seconds} s of processor time
- an error that is not one of the package's types, an error that the engine itself calls its bug (\`GraphError\`, \`KernelError\`), a message of more than 4 KB
- a rejection that nobody handles
- wrong numbers: a model that onnxruntime runs too gives other numbers, and a nudge of the inputs by one part in a million does not change onnxruntime's own result
- a wrong picture: another size, another transparency, another lightness, or not the picture that a device without faults gives
- memory: for a model more than its budget of constants, 64 MiB and four times the file, and 128 MB that the process needs to work on them (heap that is not collected yet,
  compiled code, what evaluation holds beside its results); 1.2 GB for a picture, 400 MB for others; a buffer or texture that is not freed
- a file of results that is not whole, an input that no report mentions, a wrong exit code

## How to run it

\`\`\`sh
npm run attack                                # the kept inputs, and a minute of new ones; the seed is the date
npm run attack -- --seconds 3600 --seed 7     # longer; the same seed invents the same inputs
npm run attack -- --only models,faults        # some of the attacks
npm run attack -- --count 5000 --seed 8 --write   # adds a seed to this page, or takes the place of that seed's last run
npm run attack -- --only soak,command --count 0   # those that take minutes: kept inputs only
npm run attack -- out/attack/models/found-7-1234  # a finding again
\`\`\`

Inputs are checked in a process of their own, so that a crash or an endless loop is a finding like any other. A finding is made as small as it gets, printed with its seed, and saved to \`out/attack/\`.
Once mended, it belongs into \`test/attack-corpus/\`, as \`found-WHAT\`, so that every later run checks it again. \`npm run attack:corpus\` writes the other files of the corpus anew.
\`.ci/run\` runs the kept inputs of all but \`soak\` and \`command\`, which must pass, and a minute of new ones, whose findings it prints: the command exits with 1 where a kept input or a given file breaks a
promise, and with 3 where only new inputs do.

## What is not promised

- A submit that a driver drops without an error is noticed: its last command leaves a word that is read back. An upload that it drops, or a command in the middle of a submit, is not.
  The specification of WebGPU does not allow it, and no driver is known that does it.
- On a page, the browser decodes JPEG, PNG and WebP files, and decides how much memory it takes for the pixels that a file announces.
- A model may compute anything. Whether its colours are good is no promise, only that they are the model's.

## Outcomes

${names.flatMap((name) => (runs[name] ? [outcomesOf(name, runs[name])] : [])).join("\n")}`;
}
