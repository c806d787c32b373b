/**
 * What eventpoll and the network share of busy polling. Linux: include/net/busy_poll.h.
 *
 * Differs from Linux: the sysctls net.core.busy_poll and busy_read are 0, their default.
 */
import { ktime_get } from './hrtimer.ts';
import type { Kernel } from './op.ts';

/** The first number of a NAPI instance; those below are numbers of CPUs, of which 8192 may exist. */
export const MIN_NAPI_ID = 8193;
export const NAPI_POLL_WEIGHT = 64;
export const BUSY_POLL_BUDGET = 8;

export const napi_id_valid = (napi_id: number): boolean => napi_id >= MIN_NAPI_ID;

/** Ours: the unit of the clock that bounds busy loops, about a microsecond, in ns. */
export const busyTick = 1024;

export const busy_loop_current_time = (): number => Math.floor(ktime_get() / busyTick);

/** Has the busy loop that began at `start_time` gone on for `usecs`? If that is 0, it has. */
export const busyLoopTimeout = (start_time: number, usecs: number): boolean =>
  usecs === 0 || busy_loop_current_time() > start_time + usecs;

/** Whether a loop that began at `start_time` (busy_loop_current_time) is to end. */
export type LoopEnd = (start_time: number) => boolean;

/** The signature of napi_busy_loop(); `usecs` is how long it goes on at the most. */
export type NapiBusyLoop = (
  napi_id: number,
  loop_end: LoopEnd | null,
  usecs: number,
  prefer_busy_poll: boolean,
  budget: number,
) => Kernel<void>;
