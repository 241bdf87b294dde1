/** Attacks that find something, for the test of the tool: an input of three bytes decides what goes wrong. */
import { Finding, type Attack } from "../../tools/attack/attack";
import { mutant, shorter } from "../../tools/attack/mutations";
import { refusal } from "../../tools/attack/promises";

const WRONG: Readonly<Record<number, () => unknown>> = {
  1: () => process.kill(process.pid, "SIGSEGV"),
  2: () => {
    for (;;);
  },
  3: () => refusal(new TypeError("x is undefined")),
  4: () => void Promise.reject(new Error("nobody awaits this")),
  5: () => {
    throw new Finding("a wrong result");
  },
  6: () => Buffer.alloc(2e8, 1).length,
  7: () => {
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 0.6e6) for (let i = 0; i < 1e6; i++) Math.sqrt(i);
  },
};

const broken: Attack = {
  name: "broken",
  about: "what every check must notice",
  share: 1,
  seconds: 0.5,
  memory: 1e8,
  invent: (dice, corpus) => mutant(dice, corpus, {}),
  reductions: shorter,
  corpus: async () => ({}),
  check: async (input) => {
    await WRONG[input.find((byte) => byte in WRONG) ?? 0]?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { outcome: input.length === 0 ? "empty" : "fine" };
  },
};

export const ATTACKS: Readonly<Record<string, Attack>> = { broken };
