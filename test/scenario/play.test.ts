import { expect, test } from 'vitest';
import { parseScenario } from '../../src/scenario/parse.ts';
import { Player } from '../../src/scenario/play.ts';

/** An instance that watches an eventfd without events, and `t1` in a call on a held buffer. */
const heldCall = [
  { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] },
  { call: 'eventfd2', args: { initval: 0, flags: 0 }, bind: ['efd'] },
  { call: 'epoll_ctl', args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$efd', events: 'EPOLLIN' } },
  {
    thread: 't1',
    call: 'epoll_wait',
    args: { epfd: '$ep', maxevents: 1, timeout: -1, buffer: 'held' },
  },
];
const write = { call: 'write', args: { fd: '$efd', value: '1' } };
const release = { call: 'release', args: { thread: 't1' } };

const play = (...steps: object[]) =>
  new Player(parseScenario({ name: 's', threads: ['main', 't1'], steps })).play();

test('a call that has something to copy waits for its page, and goes on when it is supplied', () => {
  const { results, blocked } = play(...heldCall, write, release);

  expect(results.slice(3)).toEqual([
    { step: 3, blocked: true },
    { step: 4, ret: 8 },
    { step: 5, ret: 0 },
    { step: 3, after: 5, ret: 1, events: [{ events: 'EPOLLIN', data: 0 }] },
  ]);
  expect(blocked).toEqual([]);
});

/** Nobody has touched the page yet: a real kernel has no fault to answer. */
test('a page cannot be supplied to a call that has not come to it', () => {
  const { results, error } = play(...heldCall, release, write);

  expect(error).toBe('step 4: thread t1 has no held call');
  expect(results).toHaveLength(4);
});

test('a page cannot be supplied twice', () => {
  const { error } = play(...heldCall, write, release, release);

  expect(error).toBe('step 6: thread t1 has no held call');
});

test('a step on a thread whose call never returns ends the scenario, and says which call', () => {
  const { results, error } = play(...heldCall, { ...write, thread: 't1' }, write);

  expect(error).toBe('thread t1 is blocked in step 3');
  expect(results).toHaveLength(4);
});
