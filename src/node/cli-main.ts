/**
 * The command as a process. On Linux it runs in a process of its own, whose errors pass through this one: Dawn writes two
 * warnings on every start straight to the descriptor, which no program can take back inside its own process.
 */
import { runBehindFilter } from "./driver-noise";

const inner = process.env["COLORIZE_STDERR"];
delete process.env["COLORIZE_STDERR"];
if (process.platform === "linux" && inner === undefined) process.exitCode = await runBehindFilter();
else await (await import("./cli-process")).runProcess(Number(inner ?? 2));
