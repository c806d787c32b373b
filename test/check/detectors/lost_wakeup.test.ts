import { expect, test } from 'vitest';
import { observed } from '../../../src/check/detectors/index.ts';
import { eventfd_ctx } from '../../../src/kernel/eventfd.ts';
import type { file } from '../../../src/kernel/file.ts';
import { EPOLLET, EPOLLIN } from '../../../src/kernel/uapi/eventpoll.ts';
import { POLLIN } from '../../../src/kernel/uapi/poll.ts';
import { MSG_PEEK, MSG_WAITALL } from '../../../src/kernel/uapi/socket.ts';
import { Machine } from '../../../src/sim/machine.ts';
import type { Code, Program, Sys } from '../../../src/syscalls/sys.ts';
import { pair } from '../../net/ipv4/support.ts';
import { watch } from '../../support/programs.ts';
import { afterRun, exampleOf, onAll, onOne, said } from './explored.ts';

/** Two threads that wait for one level-triggered file on 5.5 to 5.12. */
test('the example: on 5.6 one of two waiters sleeps on beside a ready item', async () => {
  const problems = onAll(await exampleOf('lost-wakeup'), { kernel: '5.6', most: 600 });

  expect(said(problems, 'lost-wakeup')).toEqual([
    't2 sleeps in epoll_wait for ever although eventfd3 is ready (EPOLLIN) and its item ep4[3] ' +
      'is on the ready list.',
  ]);
  expect(problems).toHaveLength(1); // That main waits for t1 goes without saying.
});

/** A false alarm for the kernel that has the fix, which wakes the next waiter. */
test('the same program on 6.18 has no problem on any schedule', async () => {
  expect(onAll(await exampleOf('lost-wakeup'))).toEqual([]);
});

/** Sleeps in `wait`, and an eventfd becomes ready without a word to anybody. */
function silently(wait: (sys: Sys, fd: number) => Code<unknown>): string[] {
  const machine = observed(new Machine());
  let counter: eventfd_ctx | null = null;
  machine.spawn(function* (sys) {
    const fd = yield* sys.eventfd2(0, 0);
    counter = (sys.task.files.fd[fd] as file).private_data as eventfd_ctx;
    yield* wait(sys, fd);
  });
  machine.after(1000, () => {
    if (counter instanceof eventfd_ctx) counter.count.low = 1;
  });
  return said(afterRun(machine), 'lost-wakeup');
}

/** A kernel that forgets to wake, in each of the calls that sleep. */
test.each<[string, (sys: Sys, fd: number) => Code<unknown>]>([
  [
    'epoll_wait',
    function* (sys, fd) {
      yield* sys.epoll_wait(yield* watch(sys, fd, EPOLLIN), 1, -1);
    },
  ],
  ['poll', (sys, fd) => sys.poll([{ fd, events: POLLIN, revents: 0 }], -1)],
  [
    'select',
    (sys, fd) => {
      const sets = { in: new Set([fd]), out: new Set<number>(), ex: new Set<number>() };
      return sys.select(fd + 1, sets, null);
    },
  ],
  ['read', (sys, fd) => sys.read(fd, new Uint8Array(8))],
])('a file that becomes ready in silence is found under %s', (call, wait) => {
  expect(silently(wait)).toEqual([
    expect.stringMatching(`^main sleeps in ${call} for ever although eventfd3 is ready`),
  ]);
});

/** A false alarm: an edge that did not come is nothing to tell of. */
test('an edge-triggered item that is ready and was not queued is no lost wakeup', () => {
  expect(
    silently(function* (sys, fd) {
      yield* sys.epoll_wait(yield* watch(sys, fd, EPOLLIN | EPOLLET), 1, -1);
    }),
  ).toEqual([]);
});

/** A false alarm: recv(2) sleeps until it has all, while poll(2) tells of the first byte. */
test('MSG_WAITALL waits for more than there is, and not for a wakeup', () => {
  const program: Program = function* (sys) {
    const [client, server] = yield* pair(sys);
    yield* sys.write(client, 'x');
    yield* sys.recv(server, new Uint8Array(8), MSG_WAITALL | MSG_PEEK);
  };

  expect(onOne(program).map(({ kind }) => kind)).toEqual(['deadlock']);
});
