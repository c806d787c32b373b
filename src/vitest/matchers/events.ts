/** Matchers for what a call returned: the events of epoll_wait(), or the errno that it failed with. */
import type { epoll_data_t, epoll_event } from '../../kernel/uaccess.ts';
import { epollFlags, errnoName } from '../../kernel/uapi/names.ts';
import { inWords } from '../../syscalls/found.ts';
import type { Asking, Judged } from './state.ts';

/** An event: its data and its events, EPOLL* bits, as a pair or as epoll_wait() gives it. */
export type ExpectedEvent =
  | readonly [data: epoll_data_t, events: number]
  | {
      /** The value that was given with EPOLL_CTL_ADD. */
      readonly data: epoll_data_t;
      /** EPOLL* bits. */
      readonly events: number;
    };

/** What epoll_wait() gave, or null for something else. */
type Found = readonly epoll_event[] & { readonly ret?: number };

function foundOf(matcher: string, found: unknown): Found {
  if (Array.isArray(found)) return found as unknown as Found;
  throw new TypeError(
    `${matcher}: expected what epoll_wait() gives, as in ` +
      `expect(yield* sys.epoll_wait(ep, 8, 0)).${matcher}(…), found ${inWords(found)}`,
  );
}

const text = (data: epoll_data_t, events: number): string =>
  `${data}: ${events === 0 ? 'no events' : epollFlags(events >>> 0)}`;

function expectedText(matcher: string, one: ExpectedEvent): string {
  const [data, events] = Array.isArray(one)
    ? (one as readonly [epoll_data_t, number])
    : [(one as epoll_event | null)?.data, (one as epoll_event | null)?.events];
  const fits = (typeof data === 'number' || typeof data === 'bigint') && typeof events === 'number';
  if (fits) return text(data, events);
  throw new TypeError(
    `${matcher}: expected events as [data, EPOLLIN] or { data, events }, found ${inWords(one)}`,
  );
}

const lines = (found: Found): string[] => found.map(({ data, events }) => text(data, events));

/** What was found, in words. */
function inSentence(found: Found): string {
  const { ret = found.length } = found;
  if (ret < 0) return `the call failed with ${errnoName(ret)}`;
  return `found ${found.length === 0 ? 'no events' : lines(found).join(', ')}`;
}

/** Who gives epoll_ctl() no data gets 0 back. */
const hint = (found: Found, expected: readonly string[]): string =>
  found.length > 0 &&
  found.every(({ data }) => Number(data) === 0) &&
  expected.length > 0 &&
  expected.every((one) => !one.startsWith('0:'))
    ? '\n(the data of an event is what epoll_ctl() was given as "data", and 0 where it was given none)'
    : '';

/** Exactly these, in this order. */
export function toHaveEvents(
  this: Asking,
  received: unknown,
  events: readonly ExpectedEvent[],
): Judged {
  const found = foundOf('toHaveEvents', received);
  if (!Array.isArray(events)) {
    throw new TypeError(
      `toHaveEvents: expected a list, as in toHaveEvents([[fd, EPOLLIN]]), found ${inWords(events)}`,
    );
  }
  const expected = events.map((one: ExpectedEvent) => expectedText('toHaveEvents', one));
  const actual = lines(found);
  const failed = (found.ret ?? 0) < 0;
  const wanted = expected.join(', ') || 'no events';
  return {
    pass: !failed && this.equals(actual, expected),
    message: () =>
      this.isNot === true
        ? `expected other events than ${wanted}, found just these`
        : `expected the events ${wanted}; ${inSentence(found)}${hint(found, expected)}`,
    ...(failed ? {} : { actual, expected }),
  };
}

/** One with this data, and at least these events; others may be there too. */
export function toHaveEvent(
  this: Asking,
  received: unknown,
  data: epoll_data_t,
  events = 0,
): Judged {
  const found = foundOf('toHaveEvent', received);
  const wanted = events === 0 ? `an event for ${data}` : `the event ${text(data, events)}`;
  return {
    pass: found.some(
      (one) => BigInt(one.data) === BigInt(data) && (one.events & events) === (events | 0),
    ),
    message: () =>
      this.isNot === true
        ? `expected ${wanted.replace(/^an/, 'no').replace(/^the/, 'no')}; ${inSentence(found)}`
        : `expected ${wanted}; ${inSentence(found)}${hint(found, [`${data}:`])}`,
  };
}

/** The call succeeded, and told of nothing. */
export function toHaveNoEvents(this: Asking, received: unknown): Judged {
  const found = foundOf('toHaveNoEvents', received);
  return {
    pass: found.length === 0 && (found.ret ?? 0) >= 0,
    message: () =>
      this.isNot === true
        ? 'expected events, found none'
        : `expected no events; ${inSentence(found)}`,
  };
}

/** The raw result of a call: a number, or the `ret` of what it filled in. */
function resultOf(received: unknown): number {
  if (typeof received === 'number') return received;
  const ret = (received as { ret?: unknown } | null | undefined)?.ret;
  if (typeof ret === 'number') return ret;
  throw new TypeError(`toFailWith: expected what a call returned, found ${inWords(received)}`);
}

/** The call returned -errno. */
export function toFailWith(this: Asking, received: unknown, errno: number): Judged {
  const ret = resultOf(received);
  if (!Number.isSafeInteger(errno) || errno === 0) {
    throw new TypeError(`toFailWith: expected an errno such as EAGAIN, found ${inWords(errno)}`);
  }
  const wanted = errnoName(-Math.abs(errno));
  return {
    pass: ret === -Math.abs(errno),
    message: () => {
      if (this.isNot === true) return `expected the call not to fail with ${wanted}, and it did`;
      const found = ret < 0 ? `it failed with ${errnoName(ret)}` : `it returned ${ret}`;
      return `expected the call to fail with ${wanted}; ${found}`;
    },
  };
}
