/** The states of <colorize-canvas> that CSS selects by :state(). */
import type { ColorizeState } from "./events";

const STATES: readonly ColorizeState[] = ["idle", "loading", "ready", "error"];

export class CustomStates {
  /** Undefined in browsers without custom states, which show the photograph, too. */
  readonly #states: CustomStateSet | undefined;

  constructor({ states }: Partial<ElementInternals>) {
    this.#states = states;
  }

  mark(name: "comparing" | ColorizeState, on: boolean): void {
    if (!on) return void this.#states?.delete(name);
    try {
      this.#states?.add(name);
    } catch {
      return; // Chromium before 125 takes only names that begin with two dashes, and has no :state()
    }
  }

  /** Marks one of the states of the work, and no other. */
  enter(state: ColorizeState): void {
    for (const one of STATES) this.mark(one, one === state);
  }
}
