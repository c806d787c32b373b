import { describe, expect, test } from 'vitest';
import { type CheckOptions, check, type Verdict } from '../../src/check/check.ts';
import { EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLLIN, EPOLLONESHOT } from '../../src/kernel/uapi/eventpoll.ts';
import { AF_UNIX, SOCK_STREAM } from '../../src/kernel/uapi/socket.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const tso: CheckOptions = { memory: 'tso', sharedMemory: false };

/** A thread polls one end of a pair, and another one sends from the other end. */
const pollAndSend = function* (sys: Sys): Code<void> {
  const { fds } = yield* sys.socketpair(AF_UNIX, SOCK_STREAM, 0);
  const send: Program = function* (thread) {
    yield* thread.send(fds[1], one, 0);
  };
  const sender = yield* sys.pthread_create(send);
  yield* sys.poll([{ fd: fds[0], events: EPOLLIN }], null);
  yield* sys.pthread_join(sender);
};

const rearm = function* (sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLONESHOT | EPOLLIN });
  yield* sys.write(event, one);
  yield* sys.epoll_wait(ep, 1, 0);
  yield* sys.read(event, new Uint8Array(8));
  const signal: Program = function* (thread) {
    yield* thread.write(event, one);
  };
  const signaller = yield* sys.pthread_create(signal);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, event, { events: EPOLLIN });
  yield* sys.epoll_wait(ep, 1, -1);
  yield* sys.pthread_join(signaller);
};

const addReady = function* (sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  const add: Program = function* (thread) {
    yield* thread.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  };
  const adder = yield* sys.pthread_create(add);
  yield* sys.epoll_wait(ep, 1, -1);
  yield* sys.pthread_join(adder);
};

const show = (name: string, v: Verdict): void =>
  console.log(name, v.complete, v.executions, v.redundant, v.findings.map((f) => `${f.kind} ${f.sentence} ${f.preemptions}`), v.limit?.message);
test('x', { timeout: 300_000 }, () => {
  const run = (name: string, p: (sys: Sys) => Code<void>, kernel: string, without: string[]): void => {
    const began = Date.now();
    for (const memory of ['sc', 'tso'] as const)
      for (const w of [[], without]) {
        const v = check(p, { ...tso, memory, kernel, without: w, executions: 20000 });
        show(`${name} ${kernel} ${memory} -${w} ${Date.now() - began}ms`, v);
        if (v.findings[0]) console.log(v.findings[0].schedule);
      }
  };
  run('rearm', rearm, '6.18', ['128dd1759d96']);
  run('add', addReady, '5.5', []);
  run('add', addReady, '5.6', ['1b53734bd0b2']);
  run('poll', pollAndSend, '6.18', ['a57de0b4336e']);
  run('poll', pollAndSend, '6.18', ['cacd9ae4bf80']);
  run('poll', pollAndSend, '6.13', ['a57de0b4336e']);
});
