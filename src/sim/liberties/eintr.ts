/** A task is stopped and continued, or a debugger looks at it: what it waits in is interrupted. */
import { Changes, touchOf } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import { list_entry } from '../../kernel/list.ts';
import type { Kernel } from '../../kernel/op.ts';
import { TASK_INTERRUPTIBLE, type task_struct } from '../../kernel/sched.ts';
import { signal_wake_up } from '../../kernel/signal.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore } from '../../kernel/spinlock.ts';
import type { wait_queue_head } from '../../kernel/wait.ts';
import { MAX_SCHEDULE_TIMEOUT } from '../../net/sock.ts';
import { sock_from_file } from '../../net/socket.ts';
import type { Liberty } from '../liberty.ts';
import type { Opened } from './files.ts';

/** Calls that Linux does not make anew after a stop. */
const interrupted: ReadonlySet<string> = new Set(['epoll_wait', 'epoll_pwait', 'epoll_pwait2']);

/** Nor these, of a socket with SO_RCVTIMEO or SO_SNDTIMEO. */
const receiving: ReadonlySet<string> = new Set(
  'read readv recv recvfrom recvmsg recvmmsg accept accept4'.split(' '),
);
const sending: ReadonlySet<string> = new Set(
  'write writev send sendto sendmsg sendmmsg connect'.split(' '),
);

/** Does a call of the task wait at one of the files for no longer than its socket says? */
function isLimited(task: task_struct, call: string, files: readonly Opened[]): boolean {
  if (!receiving.has(call) && !sending.has(call)) return false;
  return files.some(({ f }) => {
    const sock = sock_from_file(f);
    if (sock === null || sock.sk === null) return false;
    const { sk_rcvtimeo, sk_sndtimeo } = sock.sk;
    const limit = sending.has(call) ? sk_sndtimeo : sk_rcvtimeo;
    return limit !== MAX_SCHEDULE_TIMEOUT && isQueued(task, sock.wq);
  });
}

function isQueued(task: task_struct, { head }: wait_queue_head): boolean {
  for (let node = head.next; node !== head; node = node.next) {
    if (list_entry(node).private === task) return true;
  }
  return false;
}

export function interruptions(kernel: Globals, files: readonly Opened[]): Liberty[] {
  const found: Liberty[] = [];
  for (const task of kernel.tasks.values()) {
    const call = task.execution?.call ?? null;
    if (call === null || task.__state !== TASK_INTERRUPTIBLE || task.sigpending) continue;
    if (!interrupted.has(call) && !isLimited(task, call, files)) continue;
    found.push({
      kind: 'eintr',
      id: task.identity,
      touches: [touchOf(task.identity, Changes), touchOf(task.signalsIdentity, Changes)],
      task: task.comm,
      file: null,
      fd: -1,
      detail: call,
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
