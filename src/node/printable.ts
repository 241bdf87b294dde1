/** Escapes control characters in untrusted text (file names, servers' answers) before it is printed on a terminal. */

// Control characters (C0, DEL, C1), line separators, and bidirectional controls.
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** One line: replaces every control character by an escape such as \u001b. JSON text keeps its meaning. */
export function printable(text: string): string {
  return text.replace(CONTROLS, escaped);
}

/** printable() for several lines: keeps line feeds. */
export function printableLines(text: string): string {
  return text.replace(CONTROLS, (character) => (character === "\n" ? character : escaped(character)));
}
