/** Steps of scenarios in few words, and what came of them. */
import type { Entry } from '../../src/scenario/transcript.ts';
import { type StepDoc, transcriptOf } from './scenario.ts';

/** An instance `$ep` with eventfds `$e0`, `$e1`, … whose data is their number. */
export function eventfds(count: number, events: string, initval = 0): StepDoc[] {
  const steps: StepDoc[] = [{ call: 'epoll_create1', args: {}, bind: ['ep'] }];
  for (let i = 0; i < count; i++) {
    const flags = 'EFD_NONBLOCK';
    steps.push({ call: 'eventfd2', args: { initval, flags }, bind: [`e${i}`] });
    steps.push(ctl('main', 'ADD', `$e${i}`, { events, data: i }));
  }
  return steps;
}

/** epoll_wait without sleeping. */
export const wait = (thread: string, maxevents: number, more: object = {}): StepDoc => ({
  thread,
  call: 'epoll_wait',
  args: { epfd: '$ep', maxevents, timeout: 0, ...more },
});

/** epoll_wait that stops in the copy of its first event, until a `release`. */
export const hold = (thread: string, maxevents: number): StepDoc =>
  wait(thread, maxevents, { buffer: 'held' });

/** epoll_wait whose buffer is not mapped. */
export const waitBadly = (thread: string, maxevents: number): StepDoc =>
  wait(thread, maxevents, { buffer: 'bad' });

export const release = (thread: string): StepDoc => ({ call: 'release', args: { thread } });

export const ctl = (
  thread: string,
  op: string,
  fd: string | number,
  more: object = {},
): StepDoc => ({
  thread,
  call: 'epoll_ctl',
  args: { epfd: '$ep', op: `EPOLL_CTL_${op}`, fd, ...more },
});

/** Adds 1 to an eventfd. */
export const signal = (fd: string): StepDoc => ({ call: 'write', args: { fd, value: 1 } });

export const close = (thread: string, fd: string): StepDoc => ({
  thread,
  call: 'close',
  args: { fd },
});

export const sleep = (ms: number): StepDoc => ({ call: 'sleep', args: { ms } });

function shown(entry: Entry): string {
  if (entry.blocked === true) return 'blocked';
  if (entry.ended === true) return 'ended';
  if (entry.errno !== undefined) return entry.errno;
  if (entry.events === undefined) return String(entry.ret);
  return entry.events.map((event) => String(event.data)).join(' ') || 'nothing';
}

/**
 * Plays `steps` after `setup`. Of each step, and once more of each that was blocked, a line in the
 * order in which they came back: `t1 epoll_wait: 0 1`, with the data of the events.
 */
export function play(setup: readonly StepDoc[], steps: readonly StepDoc[]): string[] {
  const all = [...setup, ...steps];
  const { results, error } = transcriptOf(all);
  const lines = results
    .filter((entry) => entry.step >= setup.length)
    .map((entry) => {
      const { thread = 'main', call } = all[entry.step] as StepDoc;
      return `${thread} ${call}: ${shown(entry)}`;
    });
  return error === undefined ? lines : [...lines, error];
}
