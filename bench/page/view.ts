/** The page's elements, and how a run and its result are shown in them. */
import { barsOf, type Bar } from "../bars";
import type { Result } from "../results";
import { findings } from "../steps/findings";

export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}

function element(name: string, text = "", className = ""): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

export type StepState = "waiting" | "running" | "done" | "failed";

/** Lists the steps; the returned function shows the state of one of them. */
export function showSteps(names: readonly string[]): (name: string, state: StepState, note?: string) => void {
  const items = new Map(names.map((name) => [name, element("li")]));
  byId("steps", HTMLOListElement).replaceChildren(...items.values());
  const show = (name: string, state: StepState, note = ""): void => {
    const item = items.get(name)!;
    item.dataset["state"] = state;
    item.replaceChildren(name, element("span", note && `: ${note}`, state === "failed" ? "failed" : ""));
  };
  for (const name of names) show(name, "waiting");
  return show;
}

/** Shows everything that was measured so far. */
export function showResult(result: Result): void {
  const bars = barsOf([result]);
  const panels = [...new Set(bars.map(({ panel }) => panel))];
  byId("times", HTMLElement).hidden = bars.length === 0;
  byId("bars", HTMLElement).replaceChildren(
    ...panels.flatMap((panel) => [
      element("h3", panel),
      barList(bars.filter((bar) => bar.panel === panel).toSorted((a, b) => a.milliseconds - b.milliseconds)),
    ]),
  );
  const found = findings(result.rows);
  byId("found", HTMLElement).hidden = found.length === 0;
  byId("findings", HTMLDListElement).replaceChildren(
    ...found.flatMap(([what, figures]) => [element("dt", what), element("dd", figures)]),
  );
}

function barList(bars: readonly Bar[]): HTMLElement {
  const list = element("ul", "", "bars");
  const longest = Math.max(...bars.map(({ milliseconds }) => milliseconds));
  for (const { contender, milliseconds, label, kind } of bars) {
    const item = element("li");
    const bar = element("div", "", "bar");
    bar.dataset["kind"] = kind;
    bar.style.setProperty("--share", String(milliseconds / longest));
    item.append(element("span", contender), bar, element("span", label, "label"));
    list.append(item);
  }
  return list;
}
