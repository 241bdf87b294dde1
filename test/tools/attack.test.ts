/** The tool that attacks the project notices what goes wrong. (`.ci/run` runs the attacks themselves.) */
import { afterAll, describe, expect, it } from "vitest";
import { GraphError, ImageError } from "../../src/base/errors";
import { FAULTS } from "../shared/faults";
import { FAILURES } from "../shared/losses";
import { randoms } from "../shared/randoms";
import { ATTACKS } from "../../tools/attack/attacks";
import { Campaign, type Found } from "../../tools/attack/campaign";
import { readCorpus } from "../../tools/attack/corpus";
import { Dice } from "../../tools/attack/dice";
import { mutant } from "../../tools/attack/mutations";
import { compare } from "../../tools/attack/onnxruntime";
import { refusal } from "../../tools/attack/promises";
import { buildModel, node } from "../../tools/onnx-writer";
import { ATTACKS as BROKEN } from "./attack-fixture";

const fixture = new URL("./attack-fixture.ts", import.meta.url);
const campaign = new Campaign(BROKEN["broken"]!, fixture);
afterAll(() => campaign.stop());

describe("in the process that it attacks, it finds", () => {
  it.each([
    ["a crash", 1, /^a crash: the process ended with SIGSEGV/],
    ["an endless loop", 2, /^no answer in \d+ s/],
    ["an error without a type", 3, /^an error without a type: TypeError: x is undefined/],
    ["a promise that nobody awaits", 4, /^nobody handles: Error: nobody awaits this/],
    ["a broken promise of the check", 5, /^a wrong result/],
    ["processor time above the limit", 7, /^0\.\d s of processor time$/],
    ["memory above the limit", 6, /^\d+ MB more memory than before/],
  ])("%s", async (_, byte, text) => {
    expect((await campaign.check(Uint8Array.of(9, 9, byte))).finding).toMatch(text);
    expect(await campaign.check(Uint8Array.of(9, 9, 9)), "and goes on").toMatchObject({ outcome: "fine" });
  });
});

it("makes a finding small, and repeats it from its seed", async () => {
  const corpus = [{ name: "nines", bytes: new Uint8Array(40).fill(9) }];
  const runs: Found[][] = [[], []];
  for (const found of runs) {
    const search = new Campaign({ ...BROKEN["broken"]!, invent: (dice) => mutant(dice, corpus, { five: (bytes) => Uint8Array.from([...bytes, 5]) }) }, fixture); // prettier-ignore
    const figures = await search.run({ seed: 7, corpus, count: 12, onFound: (one) => found.push(one) });
    search.stop();
    expect(figures.inputs).toBe(12);
    expect(figures.outcomes["FOUND"]).toBeGreaterThan(0);
  }
  const [first, second] = runs as [Found[], Found[]];
  expect(first.map(({ text }) => text)).toContain("a wrong result");
  expect(first.find(({ text }) => text === "a wrong result")!.input).toEqual(Uint8Array.of(5));
  expect(first).toEqual(second);
});

describe("an error is a finding", () => {
  it.each([
    ["of another type", new RangeError("no")],
    ["that is a bug of the engine", new GraphError({ where: "a", expected: "b", received: "c" })],
    ["that is no error", "text"],
  ])("%s", (_, error) => expect(() => refusal(error)).toThrow());
  it("unless it is one of the package's", () => {
    expect(refusal(new ImageError({ where: "a", expected: "b", received: "c" }))).toBe("refused by ImageError");
  });
});

it("finds numbers that onnxruntime does not compute", async () => {
  const model = buildModel({
    inputs: [{ name: "x", shape: [4] }],
    outputs: [{ name: "y" }],
    nodes: [node("Neg", ["x"], ["y"])],
  });
  const data = randoms(4, 1);
  const inputs = { x: { dtype: "f32", shape: [4], data } } as const;
  const outputs = { y: { shape: [4], data: data.map((value) => -value) } };
  expect(await compare(model, { inputs, outputs })).toBe("computed as by onnxruntime");
  outputs.y.data[2]! += 0.01;
  await expect(compare(model, { inputs, outputs })).rejects.toThrow(/^output y\[2\] is .* by onnxruntime$/);
});

it("has a corpus for each attack, of small files, and the same inputs for the same seed", async () => {
  for (const attack of Object.values(ATTACKS)) {
    const corpus = await readCorpus(attack.name);
    expect(corpus.length, attack.name).toBeGreaterThan(0);
    for (const { name, bytes } of corpus) expect(bytes.length, name).toBeLessThan(8192);
    const build = (seed: number): Uint8Array =>
      attack.invent(new Dice(seed), corpus).build(new Set([0, 1, 2, 3, 4, 5]));
    expect(build(5)).toEqual(build(5));
  }
  const faults = await readCorpus("faults");
  for (const kind of [...FAULTS, ...FAILURES])
    expect(faults.some(({ bytes }) => Buffer.from(bytes).includes(kind))).toBe(true);
});
