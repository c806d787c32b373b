/**
 * What happens while a scan is open: the copy of the first event stops on a page that is not there
 * yet (userfaultfd on Linux), with the instance's mutex held and its ready list taken away.
 */

import { expect, test } from 'vitest';
import type { StepDoc } from './scenario.ts';
import { close, ctl, eventfds, hold, play, release, signal, sleep, wait } from './steps.ts';

/** Instances with items that are all ready. */
const ready = (count: number, events: string): StepDoc[] => eventfds(count, events, 1);

/** A loop that polls with timeout 0 and counts on never sleeping: it waits behind the harvest. */
test('epoll_wait with timeout 0 sleeps while another thread harvests', () => {
  const lines = play(ready(1, 'EPOLLIN'), [hold('t1', 8), wait('t2', 8), release('t1')]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 epoll_wait: blocked',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 epoll_wait: 0',
  ]);
});

/** The sleep behind the harvest is on a mutex: its end is not the timeout's. */
test('a timeout that passes while another thread harvests does not end epoll_wait', () => {
  const lines = play(ready(1, 'EPOLLIN|EPOLLET'), [
    hold('t1', 8),
    wait('t2', 8, { timeout: 20 }),
    sleep(60),
    release('t1'),
  ]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 epoll_wait: blocked',
    'main sleep: 0',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 epoll_wait: nothing',
  ]);
});

/** Nor does a signal end it: EINTR comes when the mutex has been had, after the look at the lists. */
test('a signal does not end epoll_wait while another thread harvests', () => {
  const lines = play(ready(1, 'EPOLLIN|EPOLLET'), [
    hold('t1', 8),
    wait('t2', 8, { timeout: -1 }),
    { call: 'tgkill', args: { thread: 't2', signal: 'SIGUSR1' } },
    release('t1'),
  ]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 epoll_wait: blocked',
    'main tgkill: 0',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 epoll_wait: EINTR',
  ]);
});

/** The writer of a watched file must never wait for a reader's harvest: it may be an interrupt. */
test('a write to a watched file does not wait for a harvest', () => {
  const lines = play(ready(2, 'EPOLLIN'), [hold('t1', 8), signal('$e0'), signal('$e1')]);
  expect(lines).toEqual(['t1 epoll_wait: blocked', 'main write: 8', 'main write: 8']);
});

/** Go 59545: DEL takes its turn, so that no later harvest has the item; the open one still may. */
test.each(['DEL', 'MOD'])('EPOLL_CTL_%s waits for the harvest, which still has the item', (op) => {
  const lines = play(ready(2, 'EPOLLIN'), [
    hold('t1', 8),
    ctl('t2', op, '$e1', op === 'DEL' ? {} : { events: 0 }),
    release('t1'),
    wait('main', 8),
  ]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 epoll_ctl: blocked',
    'main release: 0',
    't1 epoll_wait: 0 1',
    't2 epoll_ctl: 0',
    'main epoll_wait: 0',
  ]);
});

/** The acceptor of a server with one instance: a new connection waits for the slowest harvest. */
test('EPOLL_CTL_ADD waits for the harvest', () => {
  const setup: StepDoc[] = [
    ...ready(1, 'EPOLLIN'),
    { call: 'eventfd2', args: { initval: 1 }, bind: ['new'] },
  ];
  const lines = play(setup, [
    hold('t1', 8),
    ctl('t2', 'ADD', '$new', { events: 'EPOLLIN', data: 7 }),
    release('t1'),
    wait('main', 8),
  ]);
  expect(lines.slice(1)).toEqual([
    't2 epoll_ctl: blocked',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 epoll_ctl: 0',
    'main epoll_wait: 0 7',
  ]);
});

/** A worker that closes a connection: close() of a file is not supposed to sleep, and here it does. */
test('the last close of a watched file waits for the harvest, which leaves the file out', () => {
  const lines = play(ready(3, 'EPOLLIN'), [
    hold('t1', 8),
    close('t2', '$e1'),
    release('t1'),
    wait('main', 8),
  ]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 close: blocked',
    'main release: 0',
    't1 epoll_wait: 0 2',
    't2 close: 0',
    'main epoll_wait: 0 2',
  ]);
});

/** A main loop that polls its library's instance waits for the library's thread. */
test('poll of an instance waits for the harvest', () => {
  const lines = play(ready(1, 'EPOLLIN|EPOLLET'), [
    hold('t1', 8),
    { thread: 't2', call: 'poll', args: { fds: [{ fd: '$ep', events: 'POLLIN' }], timeout: 0 } },
    release('t1'),
  ]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 poll: blocked',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 poll: 0',
  ]);
});

/** 0c54a6a44bf3 and d47de16c722: an edge that comes during the copy must be an event of its own. */
test('an edge that comes while its own event is copied is a second event', () => {
  const lines = play(ready(1, 'EPOLLIN|EPOLLET'), [
    hold('t1', 8),
    signal('$e0'),
    release('t1'),
    wait('main', 8),
    wait('main', 8),
  ]);
  expect(lines.slice(2)).toEqual([
    'main release: 0',
    't1 epoll_wait: 0',
    'main epoll_wait: 0',
    'main epoll_wait: nothing',
  ]);
});

/** The same with ONESHOT: the disarming wins, or two threads would have the connection. */
test('data that comes while a one-shot event is copied is no second event', () => {
  const lines = play(ready(1, 'EPOLLIN|EPOLLONESHOT'), [
    hold('t1', 8),
    signal('$e0'),
    release('t1'),
    wait('main', 8),
    ctl('main', 'MOD', '$e0', { events: 'EPOLLIN|EPOLLONESHOT', data: 0 }),
    wait('main', 8),
  ]);
  expect(lines.slice(3)).toEqual([
    't1 epoll_wait: 0',
    'main epoll_wait: nothing',
    'main epoll_ctl: 0',
    'main epoll_wait: 0',
  ]);
});

/** c141175d011f (5.1): what came during a scan was handed out newest first when sent to ovflist. */
test('what comes during a harvest stands between what it left and what it delivered', () => {
  const setup = [...eventfds(6, 'EPOLLIN'), signal('$e0'), signal('$e1'), signal('$e2')];
  const lines = play(setup, [
    hold('t1', 2),
    signal('$e5'),
    signal('$e3'),
    signal('$e4'),
    release('t1'),
    wait('main', 8),
  ]);
  expect(lines.slice(4)).toEqual([
    'main release: 0',
    't1 epoll_wait: 0 1',
    'main epoll_wait: 2 5 3 4 0 1',
  ]);
});

/** A file that comes late in the batch is polled late: the harvest reports what is true then. */
test('a file that is read empty during the harvest, before its turn, is left out', () => {
  const lines = play(ready(3, 'EPOLLIN'), [
    hold('t1', 8),
    { call: 'read', args: { fd: '$e1', len: 8 } },
    release('t1'),
  ]);
  expect(lines.slice(2)).toEqual(['main release: 0', 't1 epoll_wait: 0 2']);
});

/** Two workers, each with a slow page: the harvests come one after the other, none is lost. */
test('two threads that harvest with room for one take different files', () => {
  const lines = play(ready(2, 'EPOLLIN|EPOLLET'), [hold('t1', 1), wait('t2', 1), release('t1')]);
  expect(lines).toEqual([
    't1 epoll_wait: blocked',
    't2 epoll_wait: blocked',
    'main release: 0',
    't1 epoll_wait: 0',
    't2 epoll_wait: 1',
  ]);
});

/** Each instance has its own mutex: a slow harvest of one loop does not stop another loop. */
test('a harvest of one instance does not stop another that watches the same file', () => {
  const setup: StepDoc[] = [
    ...ready(1, 'EPOLLIN'),
    { call: 'epoll_create1', args: {}, bind: ['other'] },
    { call: 'epoll_ctl', args: { epfd: '$other', op: 1, fd: '$e0', events: 'EPOLLIN', data: 9 } },
  ];
  const lines = play(setup, [hold('t1', 8), wait('t2', 8, { epfd: '$other' })]);
  expect(lines).toEqual(['t1 epoll_wait: blocked', 't2 epoll_wait: 9']);
});
