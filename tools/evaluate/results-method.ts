/** The method that reads another program's results, by the photographs' names. */
import { basename } from "node:path";
import { InputError } from "../../src/base/errors";
import type { Method } from "./method";
import { openPictures, stemOf } from "./photographs";
import { decodePicture, resizePicture } from "./pictures";

/**
 * A folder or zip file of results: kodak/01.png for kodak/01.webp, or 01.png where only one photograph has that name. A
 * result has the size of the photograph's file (it is then shrunk in the same way) or the measured size.
 * `photographs` are the names of all. Throws InputError.
 */
export async function openResults(
  source: string,
  label: string | undefined,
  photographs: readonly string[],
): Promise<Method> {
  const files = await openPictures(source, "--results");
  const baseOf = (name: string): string => stemOf(basename(name));
  const sameBase = (name: string): number => photographs.filter((other) => baseOf(other) === baseOf(name)).length;
  const byStem = new Map<string, string>();
  for (const name of files.names) {
    const other = byStem.get(stemOf(name));
    if (other !== undefined)
      throw new InputError({
        where: "--results",
        expected: "one picture for each photograph",
        received: `${other} and ${name} in ${source}`,
        hint: "Remove one of them.",
      });
    byStem.set(stemOf(name), name);
  }
  return {
    name: label ?? stemOf(basename(source)),
    facts: { results: basename(source), pictures: files.names.length },
    async colorize({ name, grey, original }) {
      const stem = stemOf(name);
      const found = byStem.get(stem) ?? (sameBase(name) === 1 ? byStem.get(baseOf(name)) : undefined);
      if (found === undefined)
        throw new InputError({
          where: name,
          expected: `a result ${stem} with the extension of a picture`,
          received: `none in ${source}`,
        });
      const where = `${source}: ${found}`;
      const picture = await decodePicture(await files.read(found), where);
      const fits = ({ width, height }: typeof original): boolean =>
        picture.width === width && picture.height === height;
      if (fits(original) || fits(grey)) return { picture: await resizePicture(picture, grey) };
      const sizes = [...new Set([original, grey].map(({ width, height }) => `${width} x ${height}`))];
      throw new InputError({
        where,
        expected: `a picture of ${sizes.join(" or ")}`,
        received: `${picture.width} x ${picture.height}`,
        hint: "Results have the size of the photograph.",
      });
    },
    dispose: () => files.close(),
  };
}
