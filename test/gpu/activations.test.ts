/** What the values of a program are as pictures. */
import { expect, it } from "vitest";
import { channelsIn } from "../../src/gpu/activations";
import type { Program, Step } from "../../src/graph/lower/program";

/** A program whose steps [kernel, what it reads, what it writes, that value's shape] follow the input "in", [1, 3, 8, 6]. */
function program(...steps: readonly (readonly [string, string, string, readonly number[]])[]): Program {
  const placements = new Map([["in", { shape: [1, 3, 8, 6], slot: 0 }]]);
  for (const [, , output, shape] of steps) placements.set(output, { shape: [...shape], slot: 0 });
  return {
    steps: steps.map(([kernel, value, output]) => ({
      kernel,
      output,
      operands: { src: { kind: "value", value } },
    })) as unknown as Step[],
    placements,
  } as unknown as Program;
}

it("follows the order of axes from step to step", () => {
  const channels = channelsIn(
    program(
      ["unary", "in", "a", [1, 3, 8, 6]],
      ["transpose", "a", "b", [1, 8, 6, 3]],
      ["convDirect", "b", "c#1", [1, 4, 3, 5]],
      ["convDirect", "c#1", "c", [1, 4, 3, 5]],
      ["reduce", "c", "d", [1, 5]],
    ),
  );
  expect(channels("a")).toEqual({ channels: 3, width: 6, height: 8, first: true });
  expect(channels("b")).toEqual({ channels: 3, width: 6, height: 8, first: false });
  expect(channels("c#1")).toEqual({ channels: 5, width: 3, height: 4, first: false });
  expect(channels("d")).toMatchObject({ channels: 5, height: 1 });
});

it("does so in networks of tens of thousands of steps", () => {
  const names = Array.from({ length: 20_000 }, (_, i) => (i === 0 ? "in" : `value ${i}`));
  const chain = names.slice(1).map((name, i) => ["unary", names[i]!, name, [1, 3, 8, 6]] as const);
  const channels = channelsIn(program(...chain));
  expect(new Set(names.slice(1).map((name) => channels(name).first))).toEqual(new Set([true]));
});
