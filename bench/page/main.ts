/**
 * The page of `npm run bench:page`. It runs the same steps as the pack and saves the same JSON file. The address may name the length of the run
 * and some of the steps, as the pack's options do: ?seconds=900&only=peers,tuner. ?smallest is for tests.
 */
import { messageOf } from "../../src/base/errors";
import { adapterOf } from "../../src/gpu/device";
import { nameOf } from "../environment";
import { resultName, Results, resultText } from "../results";
import { adapterFacts, type AdapterFacts } from "../steps/adapter";
import { stepJobName } from "../steps/jobs";
import { planSteps, smallestSteps } from "../steps/plan";
import { runSteps } from "../steps/run";
import { browserName, cardName, pageFacts } from "./facts";
import { startWorker } from "./start-worker";
import { byId, showResult, showSteps } from "./view";

/** Milliseconds between two updates of the shown result, because tests give many rows per second. */
const REDRAW = 500;

const [start, stop, save] = ["start", "stop", "save"].map((id) => byId(id, HTMLButtonElement)) as [
  HTMLButtonElement,
  HTMLButtonElement,
  HTMLButtonElement,
];
const card = byId("card", HTMLInputElement);
const now = byId("now", HTMLElement);
const problem = byId("problem", HTMLElement);
const given = new URLSearchParams(location.search);
let results: Results | undefined;
let stopping = new AbortController();

card.value = cardName() ?? "";

byId("settings", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const seconds = Number(given.get("seconds") ?? new FormData(event.target as HTMLFormElement).get("seconds"));
  problem.hidden = true;
  start.disabled = true;
  void measure(seconds)
    .catch((error: unknown) => {
      problem.textContent = messageOf(error);
      problem.hidden = false;
    })
    .finally(() => {
      start.disabled = false;
      stop.disabled = true;
    });
});

stop.addEventListener("click", () => stopping.abort());

save.addEventListener("click", () => {
  if (!results) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([resultText(results.result)], { type: "application/json" }));
  link.download = resultName(results.result.facts, "page");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
});

addEventListener("beforeunload", (event) => {
  // Asks first, because a closed page loses what was measured.
  if (!stop.disabled) event.preventDefault();
});

async function adapterHere(): Promise<AdapterFacts> {
  if (!("gpu" in navigator))
    throw new Error(
      "This browser has no WebGPU here. Open the page over https or from localhost, in a browser with WebGPU.",
    );
  const adapter = await adapterOf(navigator.gpu, {});
  if (adapter) return adapterFacts(adapter);
  throw new Error(
    "This browser offers no GPU. Turn on hardware acceleration in its settings, or update the graphics driver.",
  );
}

async function versionsHere(): Promise<Record<string, string>> {
  const response = await fetch("./versions.json");
  if (!response.ok) throw new Error(`versions.json: expected the file beside this page, received ${response.status}`);
  return (await response.json()) as Record<string, string>;
}

async function measure(seconds: number): Promise<void> {
  const { software, ...device } = await adapterHere();
  const versions = await versionsHere();
  const smallest = given.has("smallest");
  const only = (given.get("only") ?? "").split(",").filter(Boolean);
  const cores = Math.min(4, navigator.hardwareConcurrency);
  const steps = smallest
    ? smallestSteps(seconds)
    : planSteps({ where: "browser", seconds, cores, features: device.features, only });

  let redraw: ReturnType<typeof setTimeout> | undefined;
  const update = (): void => {
    redraw ??= setTimeout(() => {
      redraw = undefined;
      showResult(run.result);
    }, REDRAW);
  };
  const head = { facts: pageFacts(versions), options: { seconds, smallest, only } };
  const run = new Results(head, (error) => error.replaceAll(new URL(".", location.href).href, ""), update);
  results = run;
  const info = { ...device.info, browser: browserName(), ...(card.value.trim() && { driver: card.value.trim() }) };
  const adapter = nameOf(device.info);
  run.adapter("browser", info);
  run.add([{ where: "browser", adapter, kind: "device", ...device, info }]);

  const shown = showSteps(steps.map(({ name }) => name));
  byId("run", HTMLElement).hidden = false;
  byId("adapter", HTMLElement).textContent = `${adapter}, ${info.browser}${software ? " (a software driver)" : ""}`;
  stopping = new AbortController();
  stop.disabled = false;
  save.disabled = false;
  const from = Date.now();
  const tick = setInterval(() => showTime((Date.now() - from) / 1000, seconds), 500);
  now.textContent = "Generating the networks…";
  try {
    await runSteps(steps, from + 1000 * seconds, {
      software,
      signal: stopping.signal,
      start: startWorker,
      onStart: (step) => shown(step, "running"),
      onRows: (rows) => run.add(rows),
      onProgress: (job, task) =>
        (now.textContent = job.suite === "tests" ? stepJobName(job) : `${stepJobName(job)}: ${task}`),
      onFailure: (step, job, error) => run.fail(`${step}, ${stepJobName(job)}`, error),
      onStep(step) {
        run.step(step);
        shown(step.name, step.error === undefined ? "done" : "failed", step.error ?? `${step.seconds.toFixed(0)} s`);
      },
    });
  } finally {
    clearInterval(tick);
    clearTimeout(redraw);
    showResult(run.result);
  }
  showTime(seconds, seconds);
  now.textContent = stopping.signal.aborted
    ? "Stopped. What was measured is below; save it as a file."
    : "Done. Save the results as a file.";
}

function showTime(passed: number, seconds: number): void {
  byId("progress", HTMLProgressElement).value = Math.min(1, passed / seconds);
}
