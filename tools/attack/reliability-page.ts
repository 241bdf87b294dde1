/** The text of docs/reliability.md. */
import { ATTACKS } from "./attacks";
import type { Figures } from "./campaign";

/** The last run of an attack. */
export interface Run extends Figures {
  readonly seed: number;
  /** As YYYY-MM-DD. */
  readonly date: string;
  readonly adapter: string;
}

const number = (value: number): string => value.toLocaleString("en-US");

function rowOf(name: string, run: Run | undefined): string {
  const { about } = ATTACKS[name]!;
  if (!run) return `| \`${name}\` | ${about} | not run | | | | |`;
  const heap = run.heap === undefined ? "" : `${number(Math.round(run.heap))} B`;
  const cells = [
    number(run.inputs),
    number(run.findings),
    `${run.seconds.toFixed(2)} s`,
    `${Math.round(run.memory / 1e6)} MB`,
    heap,
  ];
  return `| \`${name}\` | ${about} | ${cells.join(" | ")} |`;
}

function outcomesOf(name: string, run: Run): string {
  const rows = Object.entries(run.outcomes).sort(([, a], [, b]) => b - a);
  const figures = Object.entries(run.figures).map(([what, value]) => `- ${what}: ${number(value)}\n`);
  return `### ${name}

Seed ${run.seed}, ${run.date}, on ${run.adapter}.

${rows.map(([outcome, count]) => `- ${number(count)} ${outcome}\n`).join("")}${figures.join("")}`;
}

export function reliabilityPage(runs: Readonly<Record<string, Run>>): string {
  const names = Object.keys(ATTACKS);
  return `# Reliability

\`npm run attack\` attacks the project from outside, as a hostile file, a failing device, a lying server or an interrupted command would. This page is written by \`npm run attack -- --write\`;
[SECURITY.md](../SECURITY.md) lists the promises that it tests.

## Figures

The last run of each attack. *Time* is the most processor time of one input, all threads together; *memory* the most by which one input raised the process's peak;
*heap* what an input leaves behind on average, after garbage collection.

| Attack | What it does | Inputs | Findings | Time | Memory | Heap |
| --- | --- | --- | --- | --- | --- | --- |
${names.map((name) => rowOf(name, runs[name])).join("\n")}

## What counts as a finding

- a crash, or no answer within ${ATTACKS["models"]!.seconds} s of processor time
- an error that is not one of the package's types, an error that the engine itself calls its bug (\`GraphError\`, \`KernelError\`), a message of more than 4 KB
- a rejection that nobody handles
- wrong numbers: a model that onnxruntime runs too gives other numbers, and a nudge of the inputs by one part in a million does not change onnxruntime's own result
- a wrong picture: another size, another transparency, another lightness, or not the picture that a device without faults gives
- memory: more than the attack's limit, a buffer or texture that is not freed
- a file of results that is not whole, an input that no report mentions, a wrong exit code

## How to run it

\`\`\`sh
npm run attack                                # the kept inputs, and a minute of new ones; the seed is the date
npm run attack -- --seconds 3600 --seed 7     # longer; the same seed invents the same inputs
npm run attack -- --only models,faults        # some of the attacks
npm run attack -- --only soak,command --count 0   # those that take minutes: kept inputs only
npm run attack -- out/attack/models/found-7-1234  # a finding again
\`\`\`

Inputs are checked in a process of their own, so that a crash or an endless loop is a finding like any other. A finding is made as small as it gets, printed with its seed, and saved to \`out/attack/\`.
Once mended, it belongs into \`test/attack-corpus/\`, as \`found-WHAT\`, so that every later run checks it again. \`npm run attack:corpus\` writes the other files of the corpus anew.
\`.ci/run\` runs the kept inputs, which must pass, and a minute of new ones, whose findings it prints: the command exits with 1 where a kept input or a given file breaks a
promise, and with 3 where only new inputs do.

## What is not promised

- Commands that a driver drops without an error are noticed in the last stage of a picture only, by the transparency of the result. When it drops the networks' commands, the colours are wrong;
  a \`Session\` then gives wrong numbers. The specification of WebGPU does not allow it, and no driver is known that does it.
- A model may compute anything. Whether its colours are good is no promise, only that they are the model's.

## Outcomes

${names.flatMap((name) => (runs[name] ? [outcomesOf(name, runs[name])] : [])).join("\n")}`;
}
