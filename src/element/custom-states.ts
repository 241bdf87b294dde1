/** The states of <colorize-canvas> that CSS selects by :state(). */
import type { ColorizeState } from "./events";

const STATES: readonly ColorizeState[] = ["idle", "loading", "ready", "error"];

export class CustomStates {
  /** Browsers without custom states have no WebGPU, but show the photograph. */
  readonly #states: CustomStateSet | undefined;

  constructor({ states }: Partial<ElementInternals>) {
    this.#states = states;
  }

  mark(name: "comparing" | ColorizeState, on: boolean): void {
    if (on) this.#states?.add(name);
    else this.#states?.delete(name);
  }

  /** Marks one of the states of the work, and no other. */
  enter(state: ColorizeState): void {
    for (const one of STATES) this.mark(one, one === state);
  }
}
