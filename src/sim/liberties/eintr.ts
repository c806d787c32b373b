/** A task is stopped and continued, or a debugger looks at it: its epoll_wait() is interrupted. */
import { Changes, touchOf } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import type { Kernel } from '../../kernel/op.ts';
import { TASK_INTERRUPTIBLE, type task_struct } from '../../kernel/sched.ts';
import { signal_wake_up } from '../../kernel/signal.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from '../../kernel/spinlock.ts';
import type { Liberty } from '../liberty.ts';

/** Calls that Linux does not make anew after a stop, where no time limit was set by an option. */
const interrupted: ReadonlySet<string> = new Set(['epoll_wait', 'epoll_pwait', 'epoll_pwait2']);

export function interruptions(kernel: Globals): Liberty[] {
  const found: Liberty[] = [];
  for (const task of kernel.tasks.values()) {
    const { execution } = task;
    if (execution === null || !interrupted.has(execution.call ?? '')) continue;
    if (task.__state !== TASK_INTERRUPTIBLE || task.sigpending) continue;
    found.push({
      kind: 'eintr',
      id: task.identity,
      touches: [touchOf(task.identity, Changes), touchOf(task.signalsIdentity, Changes)],
      task: task.comm,
      file: null,
      fd: -1,
      detail: execution.call ?? '',
      take: () => interrupt(task),
    });
  }
  return found;
}

function* interrupt(task: task_struct): Kernel<void> {
  const { siglock } = task.sighand;
  yield spin_lock_irqsave(siglock);
  signal_wake_up(task, false);
  spin_unlock_irqrestore(siglock);
}
