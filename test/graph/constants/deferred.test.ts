import v8 from "node:v8";
import vm from "node:vm";
import { expect, it, vi } from "vitest";
import { finish } from "../../../src/base/pacer";
import {
  computing,
  deferred,
  derivedKey,
  evaluated,
  fingerprinting,
  isDeferred,
  isKept,
  isLong,
  settling,
  withFacts,
} from "../../../src/graph/constants/deferred";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

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

it("computes in parts, first what a constant is computed from", () => {
  const order: string[] = [];
  const work = (name: string, read: () => number) =>
    function* () {
      order.push(`${name} begins`);
      yield;
      order.push(`${name} ends`);
      return Float32Array.of(read() + 1);
    };
  const given = { data: Float32Array.of(1) };
  const once = deferred(
    {},
    work("once", () => given.data[0]!),
    given,
  );
  const twice = deferred(
    {},
    work("twice", () => once.data[0]!),
    once,
  );
  const steps = computing(twice);
  expect(steps.next().done).toBe(false);
  expect(order).toEqual(["once begins"]);
  expect([...finish(steps)]).toEqual([3]);
  expect(order).toEqual(["once begins", "once ends", "twice begins", "twice ends"]);
});

it("keeps what is evaluated, settles it, and lets go of what it was made of", async () => {
  const make = vi.fn(() => Float32Array.of(5));
  let source: { readonly data: Float32Array } | undefined = deferred({}, () => Float32Array.of(4));
  const gone = new WeakRef(source);
  const constant = evaluated({ shape: [1] }, make, source);
  const copy = withFacts(constant, { name: "copy" });
  source = undefined;
  expect([isKept(constant), isKept(copy), isDeferred(copy)]).toEqual([true, true, true]);
  finish(settling(copy));
  await new Promise((resolve) => setTimeout(resolve, 0));
  collectGarbage();
  expect(gone.deref()).toBeUndefined();
  expect([copy.data, constant.data]).toEqual([Float32Array.of(5), Float32Array.of(5)]);
  expect(make).toHaveBeenCalledTimes(1);
});

it("computes the end of a long chain at once", () => {
  let last: { readonly data: Float32Array } = { data: Float32Array.of(0) };
  for (let i = 0; i < 30; i++) {
    const before = last;
    last = evaluated({}, () => before.data.map((x) => x + 1), before);
    expect(isLong(last)).toBe(i === 23);
  }
  expect(last.data[0]).toBe(30);
});

it("derives keys from the keys of all operands, and none where one has none", () => {
  const [a, b] = [{ key: "a" }, { key: "b" }];
  expect(derivedKey("scale 7", a, b)).toBe("scale 7(a,b)");
  expect(derivedKey("scale 7", b, a)).not.toBe(derivedKey("scale 7", a, b));
  expect(derivedKey("scale 7", a, {})).toBeUndefined();
});

it("tells contents apart by their bits", () => {
  expect(finish(fingerprinting(Float32Array.of(1, 2)))).toBe(finish(fingerprinting(Float32Array.of(1, 2))));
  expect(finish(fingerprinting(Float32Array.of(1, 2)))).not.toBe(finish(fingerprinting(Float32Array.of(2, 1))));
  expect(finish(fingerprinting(Float64Array.of(0.1)))).not.toBe(
    finish(fingerprinting(Float64Array.of(0.1 + 2 ** -55))),
  );
});
