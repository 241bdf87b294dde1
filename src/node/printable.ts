/** Text from outside (file names, servers' answers) that cannot steer a terminal. */

// Control characters (C0, DEL, C1), line separators, and those that turn the direction of writing.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** One line: every control character becomes an escape such as \u001b. In JSON text it stays what it means. */
export function printable(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** Several lines: line feeds stay. */
export function printableLines(text: string): string {
  return text.replace(CONTROLS, (character) => (character === "\n" ? character : escaped(character)));
}
