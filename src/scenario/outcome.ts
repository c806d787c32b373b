/** What a step came back with, and what it needs to know of the player. */
import type { Kernel } from '../kernel/op.ts';
import type { task_struct } from '../kernel/sched.ts';
import type { FaultingPage } from '../kernel/uaccess.ts';
import type { sockaddr } from '../net/socket.ts';
import type { Filled, Sys } from '../syscalls/sys.ts';
import type { Fd } from './scenario.ts';
import { type CallResult, failed, returned, returnedFds } from './transcript.ts';

/** What a call came back with. */
export interface Outcome {
  readonly result: CallResult;
  /** Descriptors that the step's names stand for from now on. */
  readonly fds: readonly number[];
}

/** What a step needs to know of the player. */
export interface Surroundings {
  readonly sys: Sys;
  fd(fd: Fd): number;
  /** What a descriptor is bound to; null for nothing. */
  addressOf(fd: number): sockaddr | null;
  /** The thread id of another thread, and the id of its process. */
  tid(thread: number): number;
  pid(thread: number): number;
  threadName(thread: number): string;
  /** The name of the thread that stands for a forked process. */
  processName(pid: number): string;
  /** A process that was forked goes on as a thread of the scenario. */
  begin(thread: number, task: task_struct): void;
  /** The page that a held call of this step waits for. */
  page: FaultingPage | null;
}

const noFds: readonly number[] = [];

/** A raw result that opens nothing; `shown` is what a success shows besides. */
export const outcome = (ret: number, shown: CallResult = returned(ret)): Outcome => ({
  result: ret < 0 ? failed(-ret) : shown,
  fds: noFds,
});

export function* number(call: Kernel<number>): Kernel<Outcome> {
  return outcome(yield* call);
}
export function* descriptor(call: Kernel<number>): Kernel<Outcome> {
  const fd = yield* call;
  return fd < 0 ? outcome(fd) : { result: returned(fd), fds: [fd] };
}
export function* pair(call: Kernel<Filled<[number, number]>>): Kernel<Outcome> {
  const fds = yield* call;
  return fds.ret < 0 ? outcome(fds.ret) : { result: returnedFds(fds.ret, [...fds]), fds };
}
