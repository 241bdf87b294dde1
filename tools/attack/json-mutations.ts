/** Changes to JSON documents: values, keys and lists; the text stays JSON. */
import type { Dice } from "./dice";
import type { Mutation } from "./mutations";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const WORDS = [
  "",
  "ab",
  "rgb",
  "cells",
  "grey",
  "lightness",
  "constant",
  "embedding",
  "free",
  "square",
  "luminance",
  "colorizer",
  "embedder",
  "../secret.onnx",
  "/etc/passwd",
  "C:\\x.onnx",
  "https://example.org/x.onnx",
  "a/./b.onnx",
  "%2e%2e/x.onnx",
  "a\u0000.onnx",
  "\u202e",
  "__proto__",
  "constructor",
  "0".repeat(64),
];

function valueOf(dice: Dice, depth = 0): Json {
  switch (dice.below(depth > 2 ? 4 : 6)) {
    case 0:
      return dice.integer();
    case 1: {
      const value = dice.float();
      return Number.isFinite(value) ? value : 1e308;
    }
    case 2:
      return dice.pick(WORDS);
    case 3:
      return dice.pick([null, true, false]);
    case 4:
      return Array.from({ length: dice.pick([0, 1, 2, 3, 300]) }, () => valueOf(dice, depth + 2));
    default:
      return Object.fromEntries(
        Array.from({ length: dice.below(4) }, () => [dice.pick(WORDS), valueOf(dice, depth + 1)]),
      );
  }
}

/** A list or object of the document, and a key of it where it has one. */
interface Place {
  readonly holder: Json[] | { [key: string]: Json };
  readonly key: string;
}

function placesOf(value: Json): Place[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [{ holder: value, key }, ...placesOf(inner)]);
}

function onPlace(change: (place: Place, dice: Dice, all: readonly Place[]) => void): Mutation {
  return (bytes, dice) => {
    try {
      const document = JSON.parse(new TextDecoder().decode(bytes)) as Json;
      const places = placesOf(document);
      if (places.length === 0) return bytes;
      change(dice.pick(places), dice, places);
      return new TextEncoder().encode(JSON.stringify(document));
    } catch {
      return bytes; // an earlier step has damaged it
    }
  };
}

/** Sets a property of that very name, "__proto__" as well. */
function set({ holder }: Place, key: string, value: Json): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

const at = ({ holder, key }: Place): Json => (holder as { [key: string]: Json })[key]!;

export const JSON_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "another value": onPlace((place, dice) => set(place, place.key, valueOf(dice))),
  "a nearby number": onPlace((_place, dice, all) => {
    const number = dice.pick(all.filter((other) => typeof at(other) === "number"));
    if (number) set(number, number.key, (at(number) as number) + dice.pick([-1, 1, 0.5, -100, 1e-9]));
  }),
  "no such key": onPlace(({ holder, key }) => {
    if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  }),
  "another key": onPlace((place, dice) => set(place, dice.pick(WORDS), valueOf(dice))),
  "a value from elsewhere": onPlace((place, dice, all) => set(place, place.key, structuredClone(at(dice.pick(all))))),
  "a longer list": onPlace((place) => {
    const value = at(place);
    if (Array.isArray(value)) value.push(...structuredClone(value));
  }),
  "deep lists": onPlace((place, dice) => {
    let value: Json = 0;
    for (let depth = dice.pick([10, 1000, 5000]); depth > 0; depth--) value = [value];
    set(place, place.key, value);
  }),
};
