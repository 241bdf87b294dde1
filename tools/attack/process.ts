/** The process that is attacked: it checks one input after another and may crash or hang. Started by attacked.ts. */
import { Finding, type Attack } from "./attack";
import type { Answer, Question } from "./attacked";
import { heapBytes } from "./heap";

const { ATTACKS } = (await import(process.argv[2]!)) as { readonly ATTACKS: Readonly<Record<string, Attack>> };

/** What nobody awaited, or threw into the event loop, since the last question. */
const strays: unknown[] = [];
process.on("unhandledRejection", (error) => strays.push(error));
process.on("uncaughtException", (error) => strays.push(error));

const text = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
const mostMemory = (): number => process.resourceUsage().maxRSS * 1024;

async function answer({ attack: name, input, evidence, confirm }: Question): Promise<Omit<Answer, "id">> {
  const attack = ATTACKS[name]!;
  const [cpu, memory] = [process.cpuUsage(), mostMemory()];
  let result: Pick<Answer, "outcome" | "evidence" | "figures" | "finding">;
  try {
    result = confirm ? { outcome: await attack.confirm!(input, evidence) } : await attack.check(input);
  } catch (error) {
    result = {
      outcome: "found",
      finding: error instanceof Finding ? error.message : `an error without a type: ${text(error)}`,
    };
  }
  if (strays.length > 0)
    result = { outcome: "found", finding: `nobody handles: ${strays.splice(0).map(text).join("; ")}` };
  const { user, system } = process.cpuUsage(cpu);
  return { ...result, seconds: (user + system) / 1e6, memory: mostMemory() - memory };
}

process.on("message", (question: Question) => {
  void (async () => {
    const reply =
      question.attack === ""
        ? { outcome: "heap", heap: await heapBytes(), seconds: 0, memory: 0 }
        : await answer(question);
    process.send!({ id: question.id, ...reply } satisfies Answer);
  })();
});
// Ends with the process that started it.
process.on("disconnect", () => process.exit());
process.send!("ready");
