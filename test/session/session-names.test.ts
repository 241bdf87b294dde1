/** Names of values that mean something to JavaScript, and names given twice. */
import { describe, expect, it } from "vitest";
import { ModelError } from "../../src/base/errors";
import { Session } from "../../src/session/session";
import { expectClose } from "../shared/expect-close";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";

/** out = relu(in) + k, of open length; k is an input, too. */
function modelOf(input: string, other: string, output: string): Uint8Array {
  return buildModel({
    inputs: [
      { name: input, shape: ["n"] },
      { name: other, shape: [1] },
    ],
    outputs: [{ name: output }],
    nodes: [node("Relu", [input], ["hidden"]), node("Add", ["hidden", other], [output])],
  });
}

const x = { data: Float32Array.of(-1, 2, 3), shape: [3] };
const k = { data: Float32Array.of(10), shape: [1] };

describe("names of inputs and outputs", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"])
    it(`may be ${name}`, async () => {
      const device = await testDevice();
      const check = async (session: Session, inputs: Parameters<Session["run"]>[0], output: string): Promise<void> => {
        const results = await session.run(inputs);
        expect(Object.keys(results)).toEqual([output]);
        expectClose(Object.entries(results)[0]![1].data, [10, 12, 13], { abs: 0 });
        session.dispose();
      };
      const options = { device, precision: "f32" } as const;
      const asInput = modelOf(name, "k", "y");
      await check(await Session.load(asInput, options), { [name]: x, k }, "y");
      await check(await Session.load(asInput, { ...options, inputShapes: { [name]: [3] } }), { [name]: x, k }, "y");
      await check(await Session.load(asInput, { ...options, freeze: { [name]: x } }), { k }, "y");
      await check(await Session.load(asInput, { ...options, freeze: { k } }), { [name]: x }, "y");
      await check(await Session.load(modelOf("x", "k", name), options), { x, k }, name);
      const missing = await Session.load(asInput, options);
      await expect(missing.run({ k })).rejects.toThrow(`input "${name}": expected a tensor`);
      await expect(missing.run({ k, [name]: x, other: x })).rejects.toThrow(/received "other"/);
      missing.dispose();
    });

  it("may not be given to two inputs", async () => {
    const error = await Session.load(modelOf("twice", "twice", "y"), {
      device: await testDevice(),
      inputShapes: { twice: [1] },
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelError);
    expect((error as ModelError).message).toMatch(/input "twice": expected one input of this name, received two/);
  });
});
