/** One system call, from entry to exit, with a listener told of both. */
import { current } from '../kernel/current.ts';
import { runSyscall } from '../kernel/entry.ts';
import type { Kernel } from '../kernel/op.ts';

/**
 * Runs `body` as the running task's system call; its result, or `-errno`.
 * `args` are what a trace shows, in the order of the man page.
 */
export function syscall(
  name: string,
  args: readonly unknown[],
  body: () => Kernel<number>,
): Kernel<number> {
  return current.kernel.tracer === null ? runSyscall(body) : tracedSyscall(name, args, body);
}

function* tracedSyscall(
  name: string,
  args: readonly unknown[],
  body: () => Kernel<number>,
): Kernel<number> {
  current.kernel.tracer?.sysEnter(current, name, args);
  const ret = yield* runSyscall(body);
  current.kernel.tracer?.sysExit(current, name, ret);
  return ret;
}
