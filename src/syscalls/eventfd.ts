/** eventfd2. Linux: fs/eventfd.c. */
import { do_eventfd } from '../kernel/eventfd.ts';
import type { Kernel } from '../kernel/op.ts';

export const sys_eventfd2 = (count: number, flags: number): Kernel<number> =>
  do_eventfd(count >>> 0, flags);
