/** Access to records keyed by names from a file, where "constructor" and "__proto__" are ordinary names. */

/** The record's own entry of this name; undefined when there is none. */
export function ownEntry<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}
