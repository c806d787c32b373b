import {
  AF_UNIX,
  type Code,
  check,
  EAGAIN,
  EPOLLIN,
  MSG_DONTWAIT,
  SOCK_STREAM,
  type Sys,
  simulate,
} from 'epollsim';
import { fakeTime } from 'epollsim/async';
import { expect, test } from 'vitest';
import { EventLoop } from './loop.ts';

/** The mistake of many loops: what epoll hands back is the descriptor. */
class NaiveLoop extends EventLoop {
  protected override tokenFor(fd: number): number {
    return fd;
  }
}

/** A connection ends and takes another one with it; a new one gets the number of that. */
const program = (Loop: typeof EventLoop) =>
  function* (sys: Sys): Code<void> {
    const loop = new Loop(sys, fakeTime(sys).performance.now);
    yield* loop.open();
    const [first, firstPeer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    const [second, secondPeer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
    const buf = new Uint8Array(8);

    yield* loop.add(first, EPOLLIN, function* () {
      for (const fd of [first, second]) {
        yield* loop.remove(fd);
        yield* sys.close(fd);
      }
      yield* sys.dup(secondPeer); // It takes the lowest number: that of the first one.
      const [third] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      yield* loop.add(third, EPOLLIN, function* () {
        const n = yield* sys.recv(third, buf, MSG_DONTWAIT);
        sys.assert(n !== -EAGAIN, 'a handler is called for events of its own file');
      });
      loop.stop();
    });
    yield* loop.add(second, EPOLLIN, function* () {
      yield* sys.read(second, buf);
    });

    for (const peer of [secondPeer, firstPeer]) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.write(peer, 'x');
      });
    }
    yield* loop.run();
  };

test('a loop that looks handlers up by descriptor passes on one schedule', () => {
  simulate(program(NaiveLoop));
});

test('and calls the handler of another file on some schedule', () => {
  const [finding] = check(program(NaiveLoop), { sharedMemory: false }).findings;
  expect(finding?.sentence).toContain('a handler is called for events of its own file');
});

test('one that gives each registration a token of its own does not, with one preemption', () => {
  const { complete, findings } = check(program(EventLoop), { sharedMemory: false, preemptions: 1 });
  expect(findings).toEqual([]);
  expect(complete).toBe(true);
});

test('timers fire in their order, between events', () => {
  const log = simulate(function* (sys: Sys) {
    const log: string[] = [];
    const { now } = fakeTime(sys).performance;
    const loop = new EventLoop(sys, now);
    const note = (what: string) =>
      function* (): Code<void> {
        log.push(`${what} ${now() - 1000}`);
      };
    yield* loop.open();
    const [r, w] = yield* sys.pipe2(0);
    yield* loop.add(r, EPOLLIN, function* () {
      yield* sys.read(r, new Uint8Array(1));
      yield* note('event')();
    });
    yield* sys.pthread_create(function* (sys) {
      yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 15_000_000 });
      yield* sys.write(w, 'x');
    });
    loop.after(20, note('second'));
    loop.after(10, note('first'));
    loop.after(30, function* () {
      yield* note('last')();
      loop.stop();
    });
    yield* loop.run();
    return log;
  });
  expect(log).toEqual(['first 10', 'event 15', 'second 20', 'last 30']);
});
