/** Reads the file of --hints: a JSON list of colours at places of one photograph. */
import { readFileSync } from "node:fs";
import { InputError, messageOf } from "../base/errors";
import type { ColorHint } from "../colorizer/hints";

/** Throws InputError for an unreadable file, and where more than one photograph would get the hints. Colorizer checks each hint. */
export function readHints(file: string, photographs: number): readonly ColorHint[] {
  if (photographs > 1)
    throw new InputError({
      where: "--hints",
      expected: "one photograph, whose pixels the hints count",
      received: `${photographs}`,
      hint: "Colour the photographs one by one.",
    });
  try {
    const list = JSON.parse(readFileSync(file, "utf8")) as unknown;
    if (Array.isArray(list)) return list as ColorHint[];
  } catch (cause) {
    throw wrong(`${file} (${messageOf(cause)})`, cause);
  }
  throw wrong(`${file}, which holds something else`);
}

function wrong(received: string, cause?: unknown): InputError {
  const expected = 'a JSON file with a list like [{ "x": 120, "y": 80, "radius": 5, "color": "#7a4b2c" }]';
  return new InputError({ where: "--hints", expected, received, cause });
}
