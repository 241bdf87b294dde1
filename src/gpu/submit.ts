/** Running a bound program in parts of bounded work. */
import type { BoundProgram } from "./bound-program";
import type { CommandScope } from "./command-scope";

/** Flops in one submit: well under the two seconds after which systems reset a slow adapter. */
const SUBMIT_FLOPS = 4e9;

/** Ranges [first, end) of steps, each with at most SUBMIT_FLOPS or one step. */
function submitRanges(flops: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (let first = 0, end = 0; first < flops.length; first = end) {
    let sum = 0;
    do sum += flops[end++]!;
    while (end < flops.length && sum + flops[end]! <= SUBMIT_FLOPS);
    ranges.push([first, end]);
  }
  return ranges;
}

/** Submits the first `count` steps of the program, in as many command buffers as submitRanges() says. Call it in `scope.run()`. */
export function submitProgram(device: GPUDevice, bound: BoundProgram, scope: CommandScope, count?: number): void {
  const { label, steps } = bound.program;
  for (const [first, end] of submitRanges(steps.slice(0, count).map((step) => step.plan.flops))) {
    const encoder = device.createCommandEncoder({ label });
    const pass = encoder.beginComputePass({ label });
    bound.encode(pass, first, end);
    pass.end();
    scope.submit(encoder);
  }
}
