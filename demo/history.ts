/** Values that can be undone and redone. */
export class History<T> {
  readonly #values: T[];
  #at = 0;

  constructor(first: T) {
    this.#values = [first];
  }

  get now(): T {
    return this.#values[this.#at]!;
  }

  get canUndo(): boolean {
    return this.#at > 0;
  }

  get canRedo(): boolean {
    return this.#at < this.#values.length - 1;
  }

  /** Adds a value after the current one, in place of those that were undone. */
  push(value: T): void {
    this.#values.splice(++this.#at, Infinity, value);
  }

  /** Replaces the current value, for example while a slider moves. */
  amend(value: T): void {
    this.#values[this.#at] = value;
  }

  undo(): void {
    if (this.canUndo) this.#at--;
  }

  redo(): void {
    if (this.canRedo) this.#at++;
  }

  /** Takes the current value back for good, as if it had never been set. */
  drop(): void {
    if (this.canUndo) this.#values.splice(this.#at--, Infinity);
  }
}
