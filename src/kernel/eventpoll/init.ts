/**
 * What eventpoll sets up when a kernel boots: its limit and the knob for it. Linux: fs/eventpoll.c
 * (eventpoll_init, epoll_sysctls_init, epoll_table).
 */
import { BUG_ON } from '../bug.ts';
import type { ctl_table } from '../sysctl.ts';
import { EP_ITEM_COST, type EventpollStatics } from './types.ts';

const PAGE_SHIFT = 12;

const long_zero = 0;
/** LONG_MAX, as far as a number counts without gaps. */
const long_max: number = Number.MAX_SAFE_INTEGER;

/** /proc/sys/fs/epoll. */
const epoll_table = (at: EventpollStatics): ctl_table[] => [
  {
    procname: 'max_user_watches',
    mode: 0o644,
    extra1: long_zero,
    extra2: long_max,
    get: () => at.max_user_watches,
    set: (value) => {
      at.max_user_watches = value;
    },
  },
];

/** Makes the knobs known, by path. */
export const epoll_sysctls_init = (at: EventpollStatics, sysctls: Map<string, ctl_table>): void => {
  for (const table of epoll_table(at)) sysctls.set(`fs/epoll/${table.procname}`, table);
};

/** The items of one user may fill 4 % of the memory. */
export function eventpoll_init(at: EventpollStatics, totalram: number): void {
  const bytes = Math.floor(totalram / 25) * 2 ** PAGE_SHIFT;
  at.max_user_watches = Math.floor(bytes / EP_ITEM_COST);
  BUG_ON(at.max_user_watches < 0, 'max_user_watches is negative');
}
