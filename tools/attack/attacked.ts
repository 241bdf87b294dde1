/** Starts the process that is attacked, asks it to check inputs, and starts it again when it crashed or hangs. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Attack, Checked } from "./attack";

export interface Question {
  readonly id: number;
  /** "" asks for the size of the heap. */
  readonly attack: string;
  readonly input: Uint8Array;
  readonly evidence?: unknown;
  /** confirm() instead of check(). */
  readonly confirm?: boolean;
}

export interface Answer extends Checked {
  readonly id: number;
  readonly finding?: string;
  /** Processor time of all threads. */
  readonly seconds: number;
  /** Bytes by which the input raised the most memory that the process ever had. */
  readonly memory: number;
  readonly heap?: number;
}

/** Seconds that the process has to load the attacks, however busy the machine is. */
const START = 120;
/** Seconds of waiting for each second of processor time that an input may take: the machine may be busy. */
const PATIENCE = 6;

export class Attacked {
  #child: ChildProcess | undefined;
  /** Resolves when the process has loaded the attacks. */
  #ready: Promise<unknown> = Promise.resolve();
  #errors = "";
  #count = 0;
  readonly #attacks: URL;

  /** `attacks`: the module that has them all, for the process to load. */
  constructor(attacks = new URL("./attacks.ts", import.meta.url)) {
    this.#attacks = attacks;
  }

  /** Asks for one input to be checked. A crash is a finding, and so is no answer in time. */
  async ask(attack: Attack, question: Omit<Question, "id" | "attack">): Promise<Answer> {
    const answer = await this.#send({ ...question, attack: attack.name }, attack.seconds * PATIENCE);
    if (answer.finding !== undefined) return answer;
    if (answer.seconds > attack.seconds)
      return { ...answer, finding: `${answer.seconds.toFixed(1)} s of processor time` };
    if (answer.memory > attack.memory + (attack.memoryPerByte ?? 0) * question.input.length)
      return { ...answer, finding: `${Math.round(answer.memory / 1e6)} MB more memory than before` };
    return answer;
  }

  /** Bytes of the heap after garbage collection. */
  async heap(): Promise<number> {
    return (await this.#send({ attack: "", input: new Uint8Array() }, 60)).heap ?? NaN;
  }

  async #send(question: Omit<Question, "id">, seconds: number): Promise<Answer> {
    const child = (this.#child ??= this.#start());
    const id = this.#count++;
    const failed = (finding: string): Answer => ({ id, outcome: "found", finding, seconds: 0, memory: 0 });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let listen: ((answer: Answer) => void) | undefined;
    let end: ((code: number | null, signal: string | null) => void) | undefined;
    try {
      return await new Promise<Answer>((resolve) => {
        listen = (answer) => answer.id === id && resolve(answer);
        end = (code, signal) => {
          this.#child = undefined;
          resolve(failed(`a crash: the process ended with ${signal ?? `code ${code}`}. ${this.#errors.slice(-600)}`));
        };
        child.on("message", listen).once("exit", end);
        const wait = (limit: number): void => {
          clearTimeout(timer);
          timer = setTimeout(() => {
            this.stop();
            resolve(failed(`no answer in ${limit} s`));
          }, limit * 1000);
        };
        wait(START);
        void this.#ready.then(() => {
          wait(seconds);
          if (child.connected) child.send({ id, ...question });
        });
      });
    } finally {
      clearTimeout(timer);
      if (listen) child.off("message", listen);
      if (end) child.off("exit", end);
    }
  }

  #start(): ChildProcess {
    const register = fileURLToPath(new URL("../register.mjs", import.meta.url));
    const child = fork(fileURLToPath(new URL("./process.ts", import.meta.url)), [this.#attacks.href], {
      execArgv: ["--import", register],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#errors = "";
    this.#ready = new Promise((resolve) => child.once("message", resolve));
    child.stderr!.on("data", (text: Buffer) => (this.#errors = (this.#errors + text.toString()).slice(-2000)));
    return child;
  }

  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}
