/** What a device throws becomes a DeviceError; other errors stay as they are. */
import { expect, it } from "vitest";
import { DeviceError, InputError } from "../../src/base/errors";
import { explain } from "../../src/gpu/explain";
import { testDevice } from "../gpu";

it.each([
  new TypeError("wrong call"),
  new DOMException("refused", "OperationError"),
  new RangeError("no memory to map"),
])("%s of a device is a DeviceError that keeps it", async (thrown) => {
  const error = await explain(thrown, await testDevice(), undefined, "here");
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ where: "here", received: thrown.message, cause: thrown });
});

it.each([new InputError({ where: "x", expected: "a", received: "b" }), new Error("a bug"), "text"])(
  "%s stays as it is",
  async (thrown) => {
    expect(await explain(thrown, await testDevice(), undefined, "here")).toBe(thrown);
  },
);
