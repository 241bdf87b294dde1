import { expect, it } from "vitest";
import { InputError } from "../../src/base/errors";
import { checkNumber, factorOf, QUALITY, rangeOf, SATURATION, SIZE } from "../../src/base/option-checks";

it.each([
  [SATURATION, [0, 1, 4], [-0.1, 4.1, 1e38, NaN, Infinity, "1", null]],
  [SIZE, [32, 256, 1024], [31, 1025, 5000, 100.5, NaN, "256"]],
  [QUALITY, [0, 0.9, 1], [90, -1, NaN, "0.9"]],
] as const)("names range and unit of $name", (option, good, bad) => {
  for (const value of good) expect(checkNumber(option, value)).toBe(value);
  for (const value of bad) {
    const check = (): number => checkNumber(option, value as number);
    expect(check, String(value)).toThrow(InputError);
    expect(check).toThrow(
      `${option.name}: expected ${rangeOf(option)}, received ${JSON.stringify(value) ?? ""}`.slice(0, 60),
    );
  }
});

it("says what the user wrote", () => {
  expect(() => checkNumber(SATURATION, NaN, "lots")).toThrow(
    'saturation: expected a number from 0 to 4 (a factor on the predicted colour: 1 as predicted, 0 grey), received "lots".',
  );
});

it("reads factors and percentages", () => {
  expect(["1.5", " 150% ", "150 %", "0", "1e38"].map(factorOf)).toEqual([1.5, 1.5, 1.5, 0, 1e38]);
  for (const text of ["", "%", "lots", "1.5x", "1 2", "%5"]) expect(factorOf(text), text).toBeNaN();
});
