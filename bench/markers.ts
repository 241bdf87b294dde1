/** Parts of a document that commands write, each between two lines of its own. */

/** The document with `text` between the lines of this part. `file` names the document in an error. */
export function withPart(document: string, part: string, command: string, text: string, file: string): string {
  const begin = `<!-- ${part}: written by npm run ${command}; change nothing below. -->`;
  const end = `<!-- End: ${part}. -->`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file}: expected the lines "${begin}" and "${end}", received none`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
