import { expect, it, vi } from "vitest";
import { deferred, derivedKey, fingerprint, isDeferred, piecesOf } from "../../../src/graph/constants/deferred";

it("computes data when it is read, not before, and once for one piece of work", () => {
  const make = vi.fn(() => Float32Array.of(1, 2));
  const constant = deferred({ shape: [2] }, make);
  expect(make).not.toHaveBeenCalled();
  expect(constant.shape).toEqual([2]);
  expect([...constant.data]).toEqual([1, 2]);
  expect(constant.data).toBe(constant.data);
  expect(make).toHaveBeenCalledTimes(1);
  expect([isDeferred(constant), isDeferred({ shape: [2], data: constant.data })]).toEqual([true, false]);
});

it("gives the pieces of the work in the order in which they are needed", () => {
  const given = { data: Float32Array.of(1) };
  const once = deferred({ name: "once" }, () => given.data.map((x) => x + 1), given);
  const twice = deferred({ name: "twice" }, () => once.data.map((x) => x * 2), once);
  expect([...piecesOf<{ readonly data: Float32Array }>(twice)].map(({ data }) => data[0])).toEqual([1, 2, 4]);
});

it("derives keys from the keys of all operands, and none where one has none", () => {
  const [a, b] = [{ key: "a" }, { key: "b" }];
  expect(derivedKey("scale 7", a, b)).toBe("scale 7(a,b)");
  expect(derivedKey("scale 7", b, a)).not.toBe(derivedKey("scale 7", a, b));
  expect(derivedKey("scale 7", a, {})).toBeUndefined();
});

it("tells contents apart by their bits", () => {
  expect(fingerprint(Float32Array.of(1, 2))).toBe(fingerprint(Float32Array.of(1, 2)));
  expect(fingerprint(Float32Array.of(1, 2))).not.toBe(fingerprint(Float32Array.of(2, 1)));
  expect(fingerprint(Float64Array.of(0.1))).not.toBe(fingerprint(Float64Array.of(0.1 + 2 ** -55)));
});
