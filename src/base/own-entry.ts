/** Records keyed by names that come from a file: "constructor" and "__proto__" are names like others. */

/** The record's own entry of this name; undefined when there is none. */
export function ownEntry<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
