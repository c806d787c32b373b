/**
 * Ours: where a program goes on with its own code, as a step of its own. Otherwise that code would run
 * in one go with the last that a call does in the kernel, and nobody could come between the two.
 */
import { current } from './current.ts';
import { Op } from './op.ts';
import type { task_struct } from './sched.ts';

/** The step; it touches nothing that a kernel has. */
export const toUserMode: Op = new Op('access', { name: 'user mode', identity: 0 });

/** The same behind pthread_create(), which is one always. */
export const fromMaking: Op = new Op('access', { name: 'user mode', identity: 0 });

/** Somebody's way back that is no step, as what the code behind it does would be more than it says. */
export function goesAlong(): boolean {
  const { kernel } = current;
  if (kernel.live > 1) kernel.codeWentAlong = true;
  return false;
}

/** Is it one? Not where nobody else is there to come between, and none where no program runs. */
export const returnsByStep = ({ kernel }: task_struct): boolean =>
  kernel.returnIsStep !== null && !kernel.alone && kernel.returnIsStep();
