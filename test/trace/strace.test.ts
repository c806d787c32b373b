import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  AF_UNIX,
  CLOCK_MONOTONIC,
  type Code,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLRDHUP,
  F_DUPFD,
  F_GETFD,
  F_GETFL,
  F_SETFD,
  FD_CLOEXEC,
  FIONREAD,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  O_CLOEXEC,
  POLLIN,
  POLLOUT,
  type Program,
  SA_RESTART,
  SHUT_WR,
  SIGUSR1,
  SIGUSR2,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  Strace,
  type Sys,
  sigset,
  TFD_CLOEXEC,
  TFD_NONBLOCK,
} from '../../src/index.ts';
import { aWhile, textOf, u64 } from './support/traced.ts';

const straceOf = (program: Program): string[] =>
  textOf((write) => new Strace(write), program, { functions: false })
    .split('\n')
    .slice(0, -1);

/** Where strace 6.1 shows both halves of the data, later versions show one number in hex. */
const newerData = (line: string): string =>
  line.replace(/data=\{u32=\d+, u64=(\d+)\}/g, (_, u64data) =>
    u64data === '0' ? 'data=0' : `data=0x${BigInt(u64data).toString(16)}`,
  );

/** The same thread numbers and addresses everywhere, in their order of appearance. */
function normal(lines: readonly string[]): string[] {
  const pids = [...new Set(lines.flatMap((line) => /^\[pid +(\d+)\]/.exec(line)?.[1] ?? []))];
  return lines.map((line) =>
    pids
      .reduce((text, pid, i) => text.replaceAll(new RegExp(`\\b${pid}\\b`, 'g'), `T${i}`), line)
      .replace(/0x7f[0-9a-f]{8,}/g, 'ADDRESS')
      .replace(/^\[pid +/, '[pid ')
      .replace(/ += /, ' = '),
  );
}

/** The first half of recorded/strace.c. */
function* waiting(sys: Sys, ep: number, ev: number): Code<void> {
  const tid = yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 8, -1);
    yield* sys.nanosleep(aWhile);
    yield* sys.epoll_pwait(ep, 4, -1, sigset(SIGUSR1));
    yield* sys.nanosleep(aWhile);
    yield* sys.read(5, new Uint8Array(16));
    yield* sys.read(5, new Uint8Array(16));
    yield* sys.nanosleep({ tv_sec: 100, tv_nsec: 0 });
  });
  yield* sys.nanosleep(aWhile);
  yield* sys.write(ev, u64(1n));
  yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 500_000 });
  yield* sys.read(ev, new Uint8Array(8));
  yield* sys.read(ev, new Uint8Array(8));
  yield* sys.nanosleep(aWhile);
  yield* sys.tgkill(sys.task.tgid, tid, SIGUSR2);
  yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 500_000 });
  const [, writer] = yield* sys.pipe2(0);
  yield* sys.nanosleep(aWhile);
  yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
  yield* sys.nanosleep(aWhile);
  yield* sys.write(writer, 'a "quoted" line\n');
  yield* sys.nanosleep(aWhile);
}

/** The second half. */
function* others(sys: Sys, ep: number, ev: number): Code<void> {
  const interest = { events: EPOLLOUT | EPOLLONESHOT | EPOLLRDHUP };
  yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, ev, interest);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_DEL, ev);
  yield* sys.epoll_ctl(ep, 9, ev, interest);
  yield* sys.epoll_create1(7);
  yield* sys.epoll_wait(99, 1, 0);
  const unwatched = { fd: -1, events: POLLIN, revents: 0 };
  yield* sys.poll([{ fd: ev, events: POLLIN | POLLOUT, revents: 0 }, unwatched], 0);
  yield* sys.poll([unwatched], 0);
  const sets = { in: new Set([ev, ep]), out: new Set([ev]), ex: new Set<number>() };
  yield* sys.select(5, sets, { tv_sec: 0, tv_nsec: 0 });
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  yield* sys.send(a, 'hello', MSG_NOSIGNAL);
  yield* sys.ioctl(b, FIONREAD, { value: 0 });
  yield* sys.recv(b, new Uint8Array(3), MSG_PEEK | MSG_DONTWAIT);
  yield* sys.read(b, new Uint8Array(64));
  yield* sys.writev(a, ['ab', 'cdef']);
  yield* sys.shutdown(a, SHUT_WR);
  yield* sys.shutdown(a, 7);
  yield* sys.fcntl(a, F_GETFL);
  yield* sys.fcntl(a, F_SETFD, FD_CLOEXEC);
  yield* sys.fcntl(a, F_GETFD);
  yield* sys.fcntl(a, F_DUPFD, 20);
  yield* sys.dup(a);
  yield* sys.dup3(a, 30, O_CLOEXEC);
  const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  yield* sys.timerfd_settime(timer, 0, {
    it_interval: { tv_sec: 0, tv_nsec: 10_000_000 },
    it_value: { tv_sec: 1, tv_nsec: 5 },
  });
  const dgram = yield* sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC);
  yield* sys.close(dgram);
  yield* sys.close(dgram);
}

/**
 * Who reads strace every day reads this one too, and a log of the simulator can be laid beside a
 * log of the real program. The recording is of strace itself, see recorded/strace.c.
 */
test('Strace prints what strace -f prints of the same calls', () => {
  const recorded = readFileSync(new URL('recorded/strace.txt', import.meta.url), 'utf8');

  const lines = straceOf(function* (sys) {
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    yield* sys.sigaction(SIGUSR2, { handler: function* () {} });
    const ev = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(EPOLL_CLOEXEC);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN | EPOLLET, data: 7 });
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN | EPOLLET, data: 7 });
    yield* sys.epoll_wait(ep, 8, 0);
    yield* waiting(sys, ep, ev);
    yield* others(sys, ep, ev);
  }).filter((line) => !/nanosleep|rt_sigaction/.test(line));

  const expected = normal(recorded.trimEnd().split('\n').map(newerData));
  // Before its thread starts, the program here is the only one that is traced.
  const prefixed = lines.map((line) => (line.startsWith('[') ? line : `[pid 1001] ${line}`));
  expect(normal(prefixed).slice(0, expected.length)).toEqual(expected);
});

/** Columns are what makes a long log readable; strace puts the result at column 40. */
test('the result of a short call stands at column 40, with the thread in front too', () => {
  const lines = straceOf(function* (sys) {
    yield* sys.epoll_create1(0);
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_create1(0);
    });
    yield* sys.nanosleep(aWhile);
  });

  expect(lines[0]).toBe('epoll_create1(0)                        = 3');
  expect(lines[2]).toBe('[pid  1002] epoll_create1(0)            = 4');
});

/** A program that relies on SA_RESTART is debugged by seeing the second read(). */
test('a call that SA_RESTART makes anew is shown once more', () => {
  const lines = straceOf(function* (sys) {
    yield* sys.sigaction(SIGUSR1, { handler: function* () {}, flags: SA_RESTART });
    const [reader, writer] = yield* sys.pipe2(0);
    const tid = yield* sys.pthread_create(function* (sys) {
      yield* sys.read(reader, new Uint8Array(8));
    });
    yield* sys.nanosleep(aWhile);
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* sys.nanosleep(aWhile);
    yield* sys.write(writer, 'x');
    yield* sys.nanosleep(aWhile);
  });

  expect(lines.filter((line) => line.startsWith('[pid  1002]')).slice(0, 6)).toEqual([
    '[pid  1002] read(3,  <unfinished ...>',
    '[pid  1002] <... read resumed>0x7ffd5ea4b0c0, 8) = ' +
      '? ERESTARTSYS (To be restarted if SA_RESTART is set)',
    '[pid  1002] --- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=1001, si_uid=0} ---',
    '[pid  1002] rt_sigreturn({mask=[]})     = 0',
    '[pid  1002] read(3,  <unfinished ...>',
    '[pid  1002] <... read resumed>"x", 8)   = 1',
  ]);
});

/** The end of a log says how the process ended, and what its threads were in the middle of. */
test('a thread that dies inside of a call leaves it without a result', () => {
  const lines = straceOf(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 8, -1);
    });
    yield* sys.nanosleep(aWhile);
  });

  expect(lines.slice(-4)).toEqual([
    '[pid  1001] exit_group(0)               = ?',
    '[pid  1002] <... epoll_wait resumed> <unfinished ...>) = ?',
    '[pid  1002] +++ exited with 0 +++',
    '+++ exited with 0 +++',
  ]);
});

/** strace reads the rest of a sleep where a signal cut it short, and else shows the pointer. */
test('nanosleep shows what is left where a signal has cut it short', () => {
  const lines = straceOf(function* (sys) {
    yield* sys.sigaction(SIGUSR1, { handler: function* () {} });
    const tid = yield* sys.pthread_create(function* (sys) {
      const rem = { tv_sec: 0, tv_nsec: 0 };
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }, rem);
      yield* sys.nanosleep(aWhile, rem);
      yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
    });
    yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 250_000_000 });
    yield* sys.tgkill(sys.task.tgid, tid, SIGUSR1);
    yield* sys.nanosleep({ tv_sec: 2, tv_nsec: 0 });
  });

  const ends = lines.filter((line) => /^\[pid +1002\].*nanosleep.*\) += /.test(line));
  expect(ends.map((line) => line.replace(/.*(?:nsec=\d+}, |resumed>)(?=\S*)/, ''))).toEqual([
    '{tv_sec=0, tv_nsec=750050000}) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)',
    '0x7ffd5ea4b0c0) = 0',
    'NULL) = 0',
  ]);
});
