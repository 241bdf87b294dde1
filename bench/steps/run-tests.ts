/** This project's own tests of kernels, run where the bench runs: the same cases against the same references. */
import { startTests, type File, type Task, type Test, type VitestRunner } from "@vitest/runner";
import type { Environment } from "../environment";
import { over, type UnplacedRow, type Limits } from "../rows";
import type { StepJob } from "./jobs";

const FILES = import.meta.glob([
  "../../test/kernels/**/*.test.ts",
  "../../test/image/*.test.ts",
  // These need sharp, and the sources of the shaders.
  "!../../test/image/exif.test.ts",
  "!../../test/image/mark.test.ts",
  "!../../test/kernels/shaders.test.ts",
]);
/** Time limit of one test, in milliseconds. */
const PATIENCE = 600_000;

type UnplacedTest = Extract<UnplacedRow, { kind: "test" }>;

/** `more`: files that run here in addition to those of kernels and pictures. */
export async function runTests(
  env: Environment,
  { files, shard, of }: Extract<StepJob, { suite: "tests" }>,
  limits: Limits,
  more: Readonly<Record<string, () => Promise<unknown>>> = {},
): Promise<void> {
  const known = { ...FILES, ...more };
  const chosen = Object.keys(known).filter((path) => files.some((part) => path.includes(part)));
  const exclude = new Set(limits.exclude);
  const keys = new Map<Test, string>();
  const rowOf = (test: Test, more: Pick<UnplacedTest, "state" | "milliseconds" | "error">): UnplacedTest => ({
    kind: "test",
    file: nameOf(test.file.filepath),
    name: test.fullTestName,
    ...more,
  });
  const runner: VitestRunner = {
    config: {
      root: "/",
      setupFiles: [],
      name: undefined,
      passWithNoTests: true,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: PATIENCE,
      hookTimeout: PATIENCE,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => known[path]!(),
    onCollected(collected: File[]) {
      testsOf(collected).forEach((test, i) => {
        keys.set(test, String(i));
        if (i % of !== shard || exclude.has(String(i))) test.mode = "skip";
      });
    },
    async onBeforeRunTask(test) {
      if (test.mode === "skip") return;
      if (over(limits)) test.mode = "skip";
      else await env.begin(keys.get(test)!, rowOf(test, { state: "failed", error: "" }));
    },
    async onAfterRunTask(test) {
      const { result } = test;
      if (!result?.duration && result?.state !== "fail") return;
      const state = result.state === "fail" ? "failed" : result.state === "pass" ? "passed" : "skipped";
      const error = result.errors?.map(({ message }) => message).join("\n");
      const milliseconds = Math.round(result.duration ?? 0);
      await env.rows(keys.get(test)!, [rowOf(test, { state, milliseconds, ...(error && { error }) })]);
    },
  };
  const collected = await startTests(chosen, runner);
  const broken = collected.find(({ result }) => result?.errors?.length);
  if (broken) throw new Error(`${nameOf(broken.filepath)}: ${broken.result!.errors![0]!.message}`);
  const left = testsOf(collected).filter((test, i) => i % of === shard && !exclude.has(String(i)) && !test.result);
  if (over(limits) && left.length > 0) throw new Error(`${left.length} tests were not run: no time was left`);
}

function testsOf(tasks: readonly Task[]): Test[] {
  return tasks.flatMap((task) => (task.type === "test" ? [task] : testsOf(task.tasks)));
}

const nameOf = (path: string): string => path.replace(/^.*\/test\//, "");
