/** What is compared with the running kernel. */
import { type Compared, compare } from '../compare.ts';
import type { Batch, Kind, RowName } from '../row.ts';

/** A set-up by its words (bench/linux.c), and its rows. */
function batch(work: readonly (string | number)[], rows: readonly Compared[]): Batch {
  const words = work.map(String);
  return {
    rows: rows.map(({ kind, name, size }) => ({ kind, name, size })),
    measure: (wanted: readonly RowName[], how) =>
      compare(
        words,
        rows.filter((row) => wanted.some(({ name }) => name === row.name)),
        how,
      ),
  };
}

/** A set-up with one row. */
const single = (
  kind: Kind,
  name: string,
  size: number,
  work: readonly (string | number)[],
  per: Compared['per'] = 'round',
): Batch => batch(work, [{ kind, name, size, which: 0, per }]);

const media = { unix: 'unix pair', pipe: 'pipe', eventfd: 'eventfd', tcp: 'TCP' };
const triggers = { lt: 'LT', et: 'ET', oneshot: 'ONESHOT' };

/** Quick: each medium and each trigger once. */
const roundTrips = (quick: boolean): Batch[] =>
  Object.entries(triggers).flatMap(([trigger, shown]) =>
    Object.entries(media)
      .filter(([medium]) => !quick || trigger === 'lt' || medium === 'unix')
      .map(([medium, name]) =>
        single('round trip', `${name}, ${shown}`, 1, ['round-trip', trigger, medium]),
      ),
  );

const ctl = (items: number): Batch =>
  batch(
    ['ctl', items],
    ['DEL', 'ADD', 'MOD'].map((op, which) => ({
      kind: 'ctl',
      name: `EPOLL_CTL_${op}`,
      size: items,
      which,
      per: 'event',
    })),
  );

const epollWait = (items: number): Batch =>
  batch(
    ['epoll_wait', items],
    [1, 64, 1024]
      .filter((ready) => ready <= items)
      .map((ready) => ({
        kind: 'epoll_wait',
        name: `${ready} ready`,
        size: items,
        which: ready,
        per: 'round',
      })),
  );

const waiters = (threads: number): Batch[] =>
  ['shared', 'exclusive'].map((how) => single('waiters', how, threads, ['waiters', threads, how]));

const polled = (call: 'poll' | 'select', items: number): Batch =>
  single('poll and select', call, items, [call, items]);

const echo = (medium: keyof typeof media, connections: number, active: number): Batch =>
  single(
    'echo server',
    `${media[medium]}, ${active} active`,
    connections,
    ['echo', medium, connections, active],
    'event',
  );

export function kernelBatches(quick: boolean): Batch[] {
  const sizes = quick ? [1000, 100_000] : [1000, 10_000, 100_000, 1_000_000];
  const threads = quick ? [16] : [1, 16, 256];
  const polls = quick ? [1000] : [10, 100, 1000, 10_000, 100_000];
  return [
    ...roundTrips(quick),
    ...sizes.map(epollWait),
    ...sizes.map(ctl),
    ...threads.flatMap(waiters),
    single('nested', 'depth 4', 4, ['nested', 4]),
    ...polls.filter((items) => items <= 1000).map((items) => polled('select', items)),
    ...polls.map((items) => polled('poll', items)),
    echo('unix', quick ? 1000 : 10_000, 100),
    ...(quick ? [] : [echo('tcp', 10_000, 100)]),
  ];
}
