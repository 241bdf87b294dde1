/** Runs one attack: invents inputs, has them checked, and makes what it finds small. */
import type { Attack, CorpusFile, Invention } from "./attack";
import { Attacked, type Answer } from "./attacked";
import { Dice } from "./dice";

export interface Found {
  readonly attack: string;
  readonly text: string;
  /** `seed` and `number` name the input before it was made smaller. */
  readonly seed: number;
  readonly number: number;
  readonly input: Uint8Array;
}

export interface Figures {
  readonly inputs: number;
  readonly outcomes: Record<string, number>;
  readonly findings: number;
  /** Most processor time of one input, in seconds. */
  readonly seconds: number;
  /** Most bytes by which one input raised the process's memory. */
  readonly memory: number;
  /** Bytes of the heap that an input left behind, on average. */
  readonly heap?: number;
  /** What the checks measured; the largest of each. */
  readonly figures: Record<string, number>;
}

export interface CampaignOptions {
  readonly seed: number;
  readonly corpus: readonly CorpusFile[];
  /** Ends at the first of both. */
  readonly seconds?: number;
  readonly count?: number;
  readonly onFound: (found: Found) => void;
}

/** Inputs before the heap counts as warm. */
const WARM = 300;
/** Different findings that are made smaller; more of them would take the time of the search. */
const MOST_REDUCED = 10;
/** Checks that making one finding smaller may take. */
const REDUCTIONS = 300;

/** A finding without its numbers and places, to tell whether another input shows the same. */
function kindOf(text: string): string {
  return text
    .split("\n")
    .slice(0, 2)
    .join(" ")
    .replace(/"[^"]*"/g, '""')
    .replace(/output \S+/g, "output")
    .replace(/[-\d.e+]+|NaN|Infinity/g, "0");
}

/** What run() and replay() each begin with. */
function noFigures() {
  return {
    inputs: 0,
    outcomes: {} as Record<string, number>,
    findings: 0,
    seconds: 0,
    memory: 0,
    figures: {} as Record<string, number>,
  };
}

function withNote(answer: Answer): Answer {
  return { ...answer, outcome: `${answer.outcome}, without an answer the first time` };
}

export class Campaign {
  readonly #attack: Attack;
  readonly #attacked: Attacked;
  /** Runs confirm(). */
  readonly #witness: Attacked;
  #figures = noFigures();
  /** Inputs of replay() and run() together. */
  #checked = 0;
  readonly #known = new Set<string>();

  /** `attacks`: the module that has the attack. */
  constructor(attack: Attack, attacks?: URL) {
    this.#attack = attack;
    this.#attacked = new Attacked(attacks);
    this.#witness = new Attacked(attacks);
  }

  /** Checks one input; the answer has a finding where a promise is broken. */
  async check(input: Uint8Array): Promise<Answer> {
    const first = await this.#attacked.ask(this.#attack, { input });
    // Other programs may have held the machine: what is endless or slow is so again.
    const late = /^no answer|of processor time$/.test(first.finding ?? "");
    const answer = late ? withNote(await this.#attacked.ask(this.#attack, { input })) : first;
    if (answer.finding !== undefined || answer.evidence === undefined || !this.#attack.confirm) return answer;
    const confirmed = await this.#witness.ask(this.#attack, { input, evidence: answer.evidence, confirm: true });
    const crashed = confirmed.finding?.startsWith("a crash") || confirmed.finding?.startsWith("no answer");
    if (crashed) return { ...answer, outcome: `${answer.outcome}, the other program crashed` };
    return { ...answer, outcome: confirmed.outcome, finding: confirmed.finding };
  }

  /** Checks files as they are: the corpus, or findings of earlier runs. */
  async replay(files: readonly CorpusFile[], onFound: CampaignOptions["onFound"]): Promise<Figures> {
    this.#figures = noFigures();
    for (const { bytes } of files) {
      const { finding } = this.#count(await this.check(bytes));
      if (finding !== undefined)
        onFound({ attack: this.#attack.name, text: finding, seed: NaN, number: NaN, input: bytes });
    }
    return this.#figures;
  }

  /** Checks inputs that the seed invents. */
  async run({ seed, corpus, seconds = Infinity, count = Infinity, onFound }: CampaignOptions): Promise<Figures> {
    this.#figures = noFigures();
    const end = performance.now() + seconds * 1000;
    // Seeds may be numbers in a row, whose inputs must have nothing in common.
    const start = new Dice(seed).next();
    let warm: { readonly heap: number; readonly at: number } | undefined;
    for (let number = 0; number < count && performance.now() < end; number++) {
      const invention = this.#attack.invent(new Dice(start + Math.imul(number, 0x9e3779b1)), corpus);
      const all = new Set(Array.from({ length: invention.steps }, (_, i) => i));
      const answer = this.#count(await this.check(invention.build(all)));
      if (answer.finding !== undefined) {
        const kind = kindOf(answer.finding);
        const isNew = !this.#known.has(kind);
        this.#known.add(kind);
        warm = undefined; // the process may be another one
        if (!isNew) continue;
        const input =
          this.#known.size <= MOST_REDUCED ? await this.#smallest(invention, all, kind) : invention.build(all);
        onFound({ attack: this.#attack.name, text: answer.finding, seed, number, input });
      } else if (number % WARM === WARM - 1) warm ??= { heap: await this.#attacked.heap(), at: number };
    }
    const inputs = this.#figures.inputs;
    const heap =
      warm && inputs > warm.at + WARM ? ((await this.#attacked.heap()) - warm.heap) / (inputs - warm.at) : undefined;
    return { ...this.#figures, ...(heap !== undefined && { heap }) };
  }

  #count(answer: Answer): Answer {
    const { outcome, finding, seconds, memory, figures = {} } = answer;
    const all = this.#figures;
    this.#checked++;
    all.inputs++;
    const key = finding === undefined ? outcome : "FOUND";
    all.outcomes[key] = (all.outcomes[key] ?? 0) + 1;
    if (finding !== undefined) all.findings++;
    all.seconds = Math.max(all.seconds, seconds);
    // The first inputs load the engine and the driver.
    if (this.#checked > 20) all.memory = Math.max(all.memory, memory);
    for (const [name, value] of Object.entries(figures))
      all.figures[name] = Math.max(all.figures[name] ?? -Infinity, value);
    return answer;
  }

  /** The smallest input found that shows the same: fewer steps first, then the attack's own reductions. */
  async #smallest(invention: Invention, all: ReadonlySet<number>, kind: string): Promise<Uint8Array> {
    let checks = 0;
    const same = async (input: Uint8Array): Promise<boolean> => {
      if (checks >= REDUCTIONS) return false;
      checks++;
      const { finding } = await this.check(input);
      return finding !== undefined && kindOf(finding) === kind;
    };
    let kept = all;
    for (const step of all) {
      const fewer = new Set([...kept].filter((other) => other !== step));
      if (await same(invention.build(fewer))) kept = fewer;
    }
    const smaller = async (input: Uint8Array): Promise<Uint8Array | undefined> => {
      for (const candidate of this.#attack.reductions?.(input) ?? [])
        if (candidate.length < input.length && (await same(candidate))) return candidate;
      return undefined;
    };
    let input = invention.build(kept);
    for (let next = await smaller(input); next; next = await smaller(input)) input = next;
    return input;
  }

  stop(): void {
    this.#attacked.stop();
    this.#witness.stop();
  }
}
