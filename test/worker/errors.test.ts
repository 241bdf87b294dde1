/** Errors that cross from the worker to the page. */
import { expect, it } from "vitest";
import * as errors from "../../src/base/errors";
import { receivedError, sentError } from "../../src/worker/errors";

const facts = { where: "place", expected: "this", received: "that", hint: "Do something." };
const items = [{ node: "n", op: "Loop", reason: "not implemented" }];

/** What the page receives of what the worker throws. */
function crossed(thrown: unknown): unknown {
  return receivedError(structuredClone(sentError(thrown)));
}

/** One of every class of errors.ts. */
const examples: Record<string, errors.EngineError> = {
  KernelError: new errors.KernelError("conv", "this", "that"),
  UnsupportedError: new errors.UnsupportedError("place", items),
};
for (const [name, Class] of Object.entries(errors))
  if (/^[A-Z]\w*Error$/.test(name) && !(name in examples))
    examples[name] = new (Class as typeof errors.EngineError)(facts);

it("has an example of every class", () => {
  expect(Object.keys(examples)).toHaveLength(10);
});

it.each(Object.entries(examples))("%s keeps its class, code and text", (_, error) => {
  const received = crossed(error) as errors.EngineError;
  expect(received.constructor).toBe(error.constructor);
  expect(received).toMatchObject({ name: error.name, code: error.code, message: error.message, hint: error.hint });
  if (error instanceof errors.UnsupportedError) expect(received).toMatchObject({ items });
});

it("keeps causes, and errors of other classes", () => {
  const received = crossed(new errors.DownloadError({ ...facts, cause: new TypeError("no") })) as Error;
  expect(received.cause).toEqual(new TypeError("no"));
});

it("gives the message of what cannot be cloned", () => {
  const odd = Object.assign(() => 0, { toString: () => "odd" });
  expect(crossed(odd)).toEqual(new Error("odd"));
});
