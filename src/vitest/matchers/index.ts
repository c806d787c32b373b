/**
 * Adds the matchers to `expect` of vitest, and to its types. Each is also to be had negated, by
 * `.not`.
 */
import { expect } from 'vitest';
import type { DetectorName } from '../../check/detectors/index.ts';
import type { epoll_data_t } from '../../kernel/uaccess.ts';
import {
  type ExpectedEvent,
  toFailWith,
  toHaveEvent,
  toHaveEvents,
  toHaveNoEvents,
} from './events.ts';
import {
  toBeBlocked,
  toBeBlockedIn,
  toBeReady,
  toHaveBlocked,
  toHaveFinished,
  toWake,
  toWakeAtLeast,
} from './machine.ts';
import { toFind, toFindNothing, toHaveOutcome, toHaveOutcomes } from './verdict.ts';

/** What `expect()` has besides: by what it is asked of. */
export interface SimMatchers {
  // ── What epoll_wait() gave, and other calls ──────────────────────────────────────────────────

  /** Exactly these events, in this order: `toHaveEvents([[fd, EPOLLIN]])`. */
  toHaveEvents(events: readonly ExpectedEvent[]): void;
  /** One with this data, and at least these EPOLL* bits, `events`. */
  toHaveEvent(data: epoll_data_t, events?: number): void;
  /** The call succeeded and told of nothing. */
  toHaveNoEvents(): void;
  /** The call returned -errno: `toFailWith(EAGAIN)`. */
  toFailWith(errno: number): void;

  // ── descriptor(where, fd) ────────────────────────────────────────────────────────────────────

  /**
   * Something is ready now: all of the EPOLL* bits in `events`, or, where none are asked for,
   * anything but room to write. Of an epoll instance: epoll_wait() would tell of something.
   */
  toBeReady(events?: number): void;

  // ── thread(where, name) ──────────────────────────────────────────────────────────────────────

  /** It sleeps in this call: `toBeBlockedIn('epoll_wait')`. */
  toBeBlockedIn(call: string): void;
  /** It sleeps, wherever. */
  toBeBlocked(): void;

  // ── A machine ────────────────────────────────────────────────────────────────────────────────

  /** The thread of this name sleeps, in this call if one is given. */
  toHaveBlocked(name: string, call?: string): void;
  /** Every program on it has ended. */
  toHaveFinished(): void;

  // ── wakeups(where, action) ───────────────────────────────────────────────────────────────────

  /**
   * Just these threads were woken; without names: somebody was. `.not.toWake('t1')`: t1 was not;
   * `.not.toWake()`: nobody was.
   */
  toWake(...names: string[]): void;
  /** These were woken, and perhaps others. */
  toWakeAtLeast(...names: string[]): void;

  // ── What check() returns ─────────────────────────────────────────────────────────────────────

  /** No finding, and everything that was asked for was covered. */
  toFindNothing(): void;
  /** A finding of this kind; its sentence has the text, or matches. */
  toFind(kind: DetectorName, sentence?: string | RegExp): void;
  /** Some execution returned this; compared as JSON. */
  toHaveOutcome(outcome: unknown): void;
  /** Executions returned these, and nothing else; compared as JSON. */
  toHaveOutcomes(outcomes: readonly unknown[]): void;
}

declare module 'vitest' {
  interface Matchers<T> extends SimMatchers {}
}

expect.extend({
  toHaveEvents,
  toHaveEvent,
  toHaveNoEvents,
  toFailWith,
  toBeReady,
  toBeBlockedIn,
  toBeBlocked,
  toHaveBlocked,
  toHaveFinished,
  toWake,
  toWakeAtLeast,
  toFindNothing,
  toFind,
  toHaveOutcome,
  toHaveOutcomes,
});
