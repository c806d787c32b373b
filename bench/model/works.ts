/** Every work by its name, and the machine that they are done on. */
import { Machine } from 'epollsim';
import { echo } from './echo.ts';
import { ctl, epollWait } from './items.ts';
import { poll, select } from './polled.ts';
import { nested, roundTrip } from './round_trip.ts';
import { waiters } from './waiters.ts';
import type { Work } from './work.ts';

export const works: ReadonlyMap<string, Work> = new Map([
  ['round-trip', roundTrip],
  ['ctl', ctl],
  ['epoll_wait', epollWait],
  ['waiters', waiters],
  ['nested', nested],
  ['poll', poll],
  ['select', select],
  ['echo', echo],
]);

/** With room for a million descriptors, and as long as it takes. */
export const newMachine = (): Machine =>
  new Machine({
    cpus: 1,
    nofile: 2_000_000,
    maxUserWatches: 2_000_000,
    maxSteps: Number.POSITIVE_INFINITY,
  });
