/** A timeout expires at the end of its slack. */
import { Changes, touchOf } from '../../kernel/footprint.ts';
import type { Globals } from '../../kernel/globals.ts';
import { type hrtimer, hrtimer_cancel, hrtimer_start } from '../../kernel/hrtimer.ts';
import type { Kernel } from '../../kernel/op.ts';
import { rb_first, rb_next } from '../../kernel/rbtree.ts';
import type { Liberty } from '../liberty.ts';

export function lateTimers({ clock, hrtimers }: Globals): Liberty[] {
  const found: Liberty[] = [];
  const { active } = hrtimers.monotonic;
  for (let timer = rb_first(active); timer !== null; timer = rb_next(active, timer)) {
    const late = timer;
    if (late.slack_ns === 0 || late.background || late.running) continue;
    found.push({
      kind: 'late-timer',
      id: late.order,
      touches: [touchOf(clock, Changes)],
      task: late.starter,
      file: null,
      fd: -1,
      detail: String(late.slack_ns),
      take: () => delay(late),
    });
  }
  return found;
}

function* delay(timer: hrtimer): Kernel<void> {
  const { expires, slack_ns, starter } = timer;
  if (!hrtimer_cancel(timer)) return;
  timer.slack_ns = 0;
  hrtimer_start(timer, expires + slack_ns);
  timer.starter = starter;
}
