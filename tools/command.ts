/** What the command lines of tools and benchmarks share: the numbers among their options, and the end by an error. */
import { InvalidArgumentError } from "commander";
import { EngineError } from "../src/base/errors";

/** Parses an option that is a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}

/** Parses an option that is a number of at least `least`. */
export function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a number of at least ${least}.`);
  };
}

/** Parses an option that is a number above 0. */
export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError("Expected a number above 0.");
}

/** Runs a tool. An EngineError ends it with its message, which names what was wrong, and exit code 1; other errors are thrown. */
export async function runTool(
  main: () => Promise<void>,
  textOf = (error: EngineError): string => error.message,
): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    console.error(textOf(error));
    process.exitCode = 1;
  }
}
