/** examples/graceful-shutdown.ts: SIGTERM by signalfd, in a parent and its workers. */
import { expect, test } from 'vitest';
import { connectTo, loopback, ms, receive, sendAll } from '../../examples/common.ts';
import { example, server } from '../../examples/graceful-shutdown.ts';
import { Machine, runTraced, SIGTERM, Strace, type Sys, simulate } from '../../src/index.ts';
import { printed, printedOnOthers } from './run.ts';

const all = (): (readonly string[])[] => [printed(example), ...printedOnOthers(example)];

/** A client that is cut off in the middle by each deployment. */
test('what is under way when SIGTERM comes is answered to the end', () => {
  for (const lines of all()) {
    for (const who of ['first', 'second', 'third']) {
      expect(lines).toContainEqual(
        expect.stringMatching(new RegExp(`^request of the ${who}, answered by worker-[12]$`)),
      );
    }
  }
});

/** A load balancer that is to notice, and to send the next client elsewhere. */
test('after SIGTERM nobody is let in, although requests are still under way', () => {
  for (const lines of all()) {
    const refused = lines.indexOf('who comes now is refused');
    expect(refused).toBeGreaterThan(lines.indexOf('the parent is told to end'));
    expect(refused).toBeLessThan(lines.findIndex((line) => line.startsWith('request of')));
  }
});

/** Whoever starts the new server when the old one has ended: its workers must have, too. */
test('the parent ends after its workers, and all of them of their own accord', () => {
  for (const lines of all()) {
    expect(lines.filter((line) => / (has ended|ends$)/.test(line)).sort()).toEqual([
      'the parent ends',
      'the server has ended with status 0',
      'worker-1 has ended with status 0',
      'worker-2 has ended with status 0',
    ]);
    expect(lines.slice(-2)).toEqual(['the parent ends', 'the server has ended with status 0']);
  }
});

/** A client that connects while the signal is on its way: it has been told that it is connected. */
test('who waits in the listener when SIGTERM is read is served', () => {
  const answer = simulate(function* (sys: Sys) {
    const parent = yield* sys.fork(server(['a'], () => {}));
    yield* sys.nanosleep(ms(10));
    yield* sys.kill(parent + 1, SIGTERM); // Its only worker, which runs when this thread sleeps.
    const fd = yield* connectTo(sys, loopback(8000));
    yield* sendAll(sys, fd, 'late\n');
    yield* sys.wait4(parent);
    return yield* receive(sys, fd, 100);
  });
  expect(answer).toBe('late, answered by a\n');
});

/** A worker that is busy with nothing for as long as it has a slow client. */
test('a worker that ends is no more woken for those who connect to the others', () => {
  const calls: string[] = [];
  const machine = new Machine();
  let ending = 0;
  machine.spawn(function* (sys) {
    const parent = yield* sys.fork(server(['a', 'b'], () => {}));
    yield* sys.nanosleep(ms(10));
    yield* connectTo(sys, loopback(8000)); // Is b's, and says nothing.
    yield* sys.nanosleep(ms(1));
    yield* sys.kill(parent + 2, SIGTERM);
    yield* sys.nanosleep(ms(1));
    yield* connectTo(sys, loopback(8000));
    yield* sys.nanosleep(ms(1));
    yield* sys.kill(parent, SIGTERM);
    ending = parent + 2;
  });
  runTraced(machine, new Strace((text) => calls.push(text)), null);
  const wakeup = `[pid  ${ending}] <... epoll_wait resumed>[{events=EPOLLIN, data=0x3}]`;
  expect(calls.filter((line) => line.startsWith(wakeup))).toHaveLength(1);
});

/** Who counts ends by counting SIGCHLD, of which one may stand for several. */
test('workers that end at the same moment are all waited for', () => {
  const lines: string[] = [];
  const names = ['a', 'b', 'c', 'd'];
  simulate(function* (sys: Sys) {
    const pid = yield* sys.fork(server(names, (line) => lines.push(line)));
    yield* sys.nanosleep(ms(10));
    yield* sys.kill(pid, SIGTERM);
    yield* sys.wait4(pid);
  });
  const ended = lines.filter((line) => line.endsWith('has ended with status 0'));
  expect(ended.map((line) => line[0]).sort()).toEqual(names);
  expect(lines.at(-1)).toBe('the parent ends');
});
