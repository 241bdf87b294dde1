/**
 * The command's entry point. On Linux the command runs in a child process whose stderr passes through a filter: on every
 * start Dawn writes two warnings directly to the file descriptor, which a process cannot intercept in itself.
 */
import { runBehindFilter } from "./driver-noise";

const inner = process.env["COLORIZE_STDERR"];
delete process.env["COLORIZE_STDERR"];
if (process.platform === "linux" && inner === undefined) process.exitCode = await runBehindFilter();
else await (await import("./cli-process")).runProcess(Number(inner ?? 2));
