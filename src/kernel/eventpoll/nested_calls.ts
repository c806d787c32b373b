/**
 * Nesting that is counted while it happens: each level of a recursion stands on a list, by what it
 * is about (`cookie`) and by who does it (`ctx`). Linux: fs/eventpoll.c up to 5.10 (ep_call_nested).
 *
 * Polling (up to 4.14, 37b5e5212a44), waking (57a173bdf5ba) and the checks of EPOLL_CTL_ADD (up to
 * 5.10) recursed this way; all that did shared one lock of each kind.
 *
 * Differs from Linux: the list is an array, the newest last.
 */
import type { Kernel } from '../op.ts';
import { spin_lock_irqsave, spin_unlock_irqrestore, spinlock_t } from '../spinlock.ts';
import { __fentry__ } from '../trace.ts';
import { EP_MAX_NESTS } from './types.ts';

interface nested_call_node {
  readonly cookie: object;
  readonly ctx: unknown;
}

export class nested_calls {
  readonly lock: spinlock_t = new spinlock_t('ncalls->lock');

  // Under lock:
  readonly tasks_call_list: nested_call_node[] = [];
}

/** What is called, and at which level. */
export type NestedProc = (priv: unknown, cookie: object, call_nests: number) => Kernel<number>;

/** Calls one level more; -1 if that closes a circle or is too deep, else what the call returns. */
export function* ep_call_nested(
  ncalls: nested_calls,
  nproc: NestedProc,
  priv: unknown,
  cookie: object,
  ctx: unknown,
): Kernel<number> {
  __fentry__('ep_call_nested');
  const { lock, tasks_call_list } = ncalls;
  yield spin_lock_irqsave(lock);
  let call_nests = 0;
  for (const node of tasks_call_list) {
    if (node.ctx !== ctx) continue;
    if (node.cookie === cookie || ++call_nests > EP_MAX_NESTS) {
      spin_unlock_irqrestore(lock);
      return -1;
    }
  }
  const node = { cookie, ctx };
  tasks_call_list.push(node);
  spin_unlock_irqrestore(lock);
  const error = yield* nproc(priv, cookie, call_nests);
  yield spin_lock_irqsave(lock);
  tasks_call_list.splice(tasks_call_list.indexOf(node), 1);
  spin_unlock_irqrestore(lock);
  return error;
}
