/**
 * `npm run bench:first-colour -- FOLDER [FOLDER ...] [--model natural] [--turns 3]`: the time until a photograph is in colour when a visitor
 * returns to the demo page, for builds of it (`npx vite build demo --outDir FOLDER`, in checkouts of the commits to compare). Each turn opens each
 * page in a browser that was started anew with what that page kept on its first visit, and chooses a photograph as soon as the page offers some.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "../test/shared/launch";
import { serve, type Site } from "../test/shared/serve";
import { median } from "./statistics";

/** Milliseconds since the navigation. */
interface Visit {
  /** When the photograph was chosen. */
  readonly chosen: number;
  /** When it was on the screen in colour. */
  readonly coloured: number;
  /** Processor time of the browser until then, in milliseconds: what software drivers compute is in it, and other programs are not. */
  readonly processor: number;
}

/** A page with what the browser keeps of it. */
interface Subject {
  readonly name: string;
  readonly site: Site;
  readonly profile: string;
  readonly visits: Visit[];
}

const PHOTOGRAPH = "coffee.jpg";
/** Milliseconds. */
const PATIENCE = 240_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { model: { type: "string", default: "natural" }, turns: { type: "string", default: "3" } },
});

const MEASURES: readonly [string, (one: Visit) => number][] = [
  ["from the navigation", ({ coloured }) => coloured],
  ["from the choice", ({ chosen, coloured }) => coloured - chosen],
  ["processor time", ({ processor }) => processor],
];

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

/** Runs in the page. Resolves when a canvas is shown whose pixels have colour. */
function watch(model: string, photograph: string): void {
  localStorage.setItem("colorize-canvas model", model);
  const canvases = (root: Document | ShadowRoot): HTMLCanvasElement[] =>
    [...root.querySelectorAll("*")].flatMap((element) => [
      ...(element instanceof HTMLCanvasElement && element.checkVisibility() ? [element] : []),
      ...(element.shadowRoot ? canvases(element.shadowRoot) : []),
    ]);
  const inColour = (canvas: HTMLCanvasElement): boolean => {
    if (canvas.width === 0) return false;
    const context = new OffscreenCanvas(16, 16).getContext("2d")!;
    context.drawImage(canvas, 0, 0, 16, 16);
    const { data } = context.getImageData(0, 0, 16, 16);
    return data.some((red, i) => i % 4 === 0 && Math.abs(red - data[i + 2]!) > 8);
  };
  const times: { chosen?: number; coloured?: number } = {};
  const look = (): void => {
    const sample = document.querySelector<HTMLElement>(`[data-sample="${photograph}"]`);
    if (times.chosen === undefined && sample) {
      times.chosen = performance.now();
      sample.click();
    }
    if (canvases(document).some(inColour)) {
      times.coloured = performance.now();
      Object.assign(window, { visit: times });
    } else setTimeout(look, 20);
  };
  document.addEventListener("DOMContentLoaded", look);
}

/** Milliseconds for which a process and those that it started ran on processors; NaN where there is no /proc. */
function processorTime(root: number): number {
  try {
    const stats = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        const text = readFileSync(`/proc/${pid}/stat`, { encoding: "utf8", flag: "r" });
        return [
          {
            pid: Number(pid),
            fields: text
              .slice(text.lastIndexOf(")") + 2)
              .split(" ")
              .map(Number),
          },
        ];
      });
    const of = (pid: number): number => {
      const { fields } = stats.find((one) => one.pid === pid)!;
      const own = 10 * (fields[11]! + fields[12]!); // ticks of 10 ms in user and in kernel mode
      return stats.filter((one) => one.fields[1] === pid).reduce((sum, child) => sum + of(child.pid), own);
    };
    return of(root);
  } catch {
    return NaN;
  }
}

async function visit({ site, profile }: Subject): Promise<Visit> {
  const browser = await launchBrowser({ profile });
  try {
    const page = await browser.newPage();
    await page.evaluateOnNewDocument("globalThis.__name = (named) => named"); // which tsx calls in functions
    await page.evaluateOnNewDocument(watch, values.model, PHOTOGRAPH);
    await page.goto(`${site.address}/`, { timeout: PATIENCE });
    const seen = await page.waitForFunction(() => (window as { visit?: Omit<Visit, "processor"> }).visit, {
      timeout: PATIENCE,
      polling: 100,
    });
    const processor = processorTime(browser.process()!.pid!);
    return { ...(await seen.jsonValue())!, processor };
  } finally {
    await browser.close();
  }
}

const subjects: Subject[] = [];
try {
  for (const folder of positionals) {
    const site = await serve({ "/": readFileSync(join(folder, "index.html")) }, { "/": folder });
    const profile = mkdtempSync(join(tmpdir(), "colorize-profile-"));
    const subject = { name: basename(folder), site, profile, visits: [] };
    subjects.push(subject);
    await visit(subject); // downloads the model
  }
  for (let turn = 0; turn < Number(values.turns); turn++)
    for (const subject of subjects) {
      const seen = await visit(subject);
      subject.visits.push(seen);
      console.log(
        `${subject.name}: chosen ${(seen.chosen / 1000).toFixed(1)} s, coloured ${(seen.coloured / 1000).toFixed(1)} s`,
      );
    }
  const middle = (of: (one: Visit) => number, { visits }: Subject): number => median(visits.map(of));
  const [base] = subjects;
  for (const subject of subjects)
    for (const [what, of] of MEASURES) {
      const share = middle(of, subject) / middle(of, base!);
      console.log(
        `${subject.name}, ${values.model}, ${what}: ${inSeconds(middle(of, subject))}, ${Math.round(100 * share)} %`,
      );
    }
} finally {
  for (const { site, profile } of subjects) {
    site.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
