/**
 * What Linux may do, and a program has to bear: the liberties that a checker lets the modelled kernel
 * take. Each is a step of its own, which the schedule may choose at any moment, so that it is found at
 * every moment that makes a difference, replayed, and left out where a failure does not need it.
 *
 * Invariants: what is offered here is documented behaviour (`source`), done by the kernel's own
 * functions: a program that fails of it fails on Linux, some day.
 */

import type { file } from '../kernel/file.ts';
import type { Touch } from '../kernel/footprint.ts';
import type { Kernel } from '../kernel/op.ts';

/** What Linux may do and need not: see libertyRules. */
export type LibertyKind =
  | 'ready-order'
  | 'short-read'
  | 'short-write'
  | 'eagain'
  | 'eintr'
  | 'spurious-wakeup'
  | 'late-timer'
  | 'reset';

/** What a kind of liberty is, and who says that Linux may take it. */
export interface LibertyRule {
  /** What the kernel does, as a clause. */
  readonly what: string;
  /** The man page or the kernel function by which it may. */
  readonly source: string;
}

/** Of each kind of liberty, what the kernel does and who says that it may. */
export const libertyRules: Readonly<Record<LibertyKind, LibertyRule>> = {
  'ready-order': {
    what: 'events come in another order, as long as none waits for a second one of the same file',
    source: 'epoll_wait(2): no order is promised, but that ready files take turns',
  },
  'short-read': {
    what: 'a read of a stream gets its first byte alone, or all but the last; the rest comes right behind',
    source:
      'read(2): "It is not an error if this number is smaller than the number of bytes requested"',
  },
  'short-write': {
    what: 'a non-blocking write to a stream takes its first byte alone, or all but the last',
    source:
      'write(2): fewer bytes than asked where space is short; pipe(7): not of PIPE_BUF bytes or less',
  },
  eagain: {
    what: 'a non-blocking read or write of a stream socket that was ready is not, any more; then it is again',
    source:
      'select(2), BUGS: what was reported as ready may block all the same; for a write, lack of memory',
  },
  eintr: {
    what: 'epoll_wait and epoll_pwait end with EINTR although no handler has run, and calls of sockets with SO_RCVTIMEO or SO_SNDTIMEO',
    source:
      'signal(7): epoll_wait, epoll_pwait and sockets with a timeout fail with EINTR after a stop signal and SIGCONT, handler or not',
  },
  'spurious-wakeup': {
    what: 'a watched socket or pipe wakes its watchers without news: an edge more while it is ready',
    source: 'epoll(7): even with EPOLLET several events may come for what is read in one go',
  },
  'late-timer': {
    what: 'a timeout is late by its slack, so that another one may come first',
    source:
      'prctl(2), PR_SET_TIMERSLACK: timeouts of epoll_wait, poll, select, nanosleep may expire late by it',
  },
  reset: {
    what: 'a TCP connection is reset, at both ends',
    source: 'tcp(7), recv(2): ECONNRESET, with EPOLLERR and EPOLLHUP',
  },
};

/** Every kind of liberty, in the order of libertyRules. */
export const libertyKinds: readonly LibertyKind[] = Object.keys(libertyRules) as LibertyKind[];

/** One that can be taken now. */
export interface Liberty {
  readonly kind: LibertyKind;
  /** Tells it apart from the others of one machine. */
  readonly id: number;
  /** All that it would touch: whoever touches the same comes before it or after it. */
  readonly touches: readonly Touch[];
  /** The task, the file with its lowest descriptor, or a number: as far as the kind has one. */
  readonly task: string;
  readonly file: file | null;
  readonly fd: number;
  readonly detail: string;
  /** Takes it, as an interrupt. */
  take(): Kernel<void>;
}
