/**
 * Softirqs: work that an interrupt or a bottom-half section leaves behind on its CPU.
 * Linux: kernel/softirq.c, include/linux/preempt.h.
 *
 * Pending softirqs run on top of whatever the CPU was doing, at the first moment when bottom halves
 * are enabled: at the end of the outermost bottom-half section, or at the end of the interrupt.
 *
 * Differs from Linux: no ksoftirqd, a softirq that raises another runs it whatever that takes.
 */
import { current } from './current.ts';
import type { Kernel } from './op.ts';

export const SOFTIRQ_OFFSET = 0x100;
export const SOFTIRQ_MASK = 0xff00;
export const HARDIRQ_MASK = 0xf0000;
/** What disabling bottom halves adds; running one adds half of it. */
export const SOFTIRQ_DISABLE_OFFSET = 0x200;

/** In the order in which they run. */
export const TIMER_SOFTIRQ = 1;
export const NET_RX_SOFTIRQ = 3;

/** One set a machine. */
export class Softirqs {
  /** What each CPU has pending, one bit a softirq. */
  readonly __softirq_pending: number[] = [];
  readonly softirq_vec: (() => Kernel<void>)[] = [];
}

export const local_softirq_pending = (): number =>
  current.kernel.softirqs.__softirq_pending[current.cpu] ?? 0;

export function open_softirq(
  { softirqs }: { readonly softirqs: Softirqs },
  nr: number,
  action: () => Kernel<void>,
): void {
  softirqs.softirq_vec[nr] = action;
}

export function raise_softirq_irqoff(nr: number): void {
  const { __softirq_pending } = current.kernel.softirqs;
  __softirq_pending[current.cpu] = local_softirq_pending() | (1 << nr);
}

/** Is this a softirq, or a section that keeps softirqs away? */
export const softirq_count = (): number => current.preempt_count & SOFTIRQ_MASK;

/** Runs everything that is pending on this CPU. */
export function* __do_softirq(): Kernel<void> {
  const task = current;
  const { softirqs, tracer } = task.kernel;
  task.preempt_count += SOFTIRQ_OFFSET;
  for (;;) {
    const pending = local_softirq_pending();
    if (pending === 0) break;
    softirqs.__softirq_pending[task.cpu] = 0;
    for (let nr = 0; pending >> nr !== 0; nr++) {
      if ((pending & (1 << nr)) === 0) continue;
      const name = nr === NET_RX_SOFTIRQ ? 'NET_RX' : 'TIMER';
      if (tracer !== null) tracer.irq(name, true);
      yield* (softirqs.softirq_vec[nr] as () => Kernel<void>)();
      if (tracer !== null) tracer.irq(name, false);
    }
  }
  task.preempt_count -= SOFTIRQ_OFFSET;
}

export function local_bh_disable(): void {
  current.preempt_count += SOFTIRQ_DISABLE_OFFSET;
}

/** Leaves a bottom-half section; runs what became pending in it. */
export function* local_bh_enable(): Kernel<void> {
  const task = current;
  task.preempt_count -= SOFTIRQ_DISABLE_OFFSET;
  if ((task.preempt_count & (SOFTIRQ_MASK | HARDIRQ_MASK)) !== 0) return;
  if (local_softirq_pending() !== 0) yield* __do_softirq();
}

/** Ours: the end of an interrupt: runs what it raised, unless it came into a bottom-half section. */
export function* irqExit(): Kernel<void> {
  if (softirq_count() === 0 && local_softirq_pending() !== 0) yield* __do_softirq();
}
