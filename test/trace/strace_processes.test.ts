import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  __WALL,
  O_NONBLOCK,
  P_ALL,
  P_PID,
  P_PIDFD,
  SA_RESTART,
  SIGCHLD,
  SIGKILL,
  SIGTERM,
  WEXITED,
  WNOHANG,
  WNOWAIT,
} from '../../src/kernel/uapi/index.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';
import { Strace } from '../../src/trace/strace.ts';
import { pause } from '../support/programs.ts';
import { textOf } from './support/traced.ts';

const straceOf = (program: Program): string[] =>
  textOf((write) => new Strace(write), program, { functions: false })
    .split('\n')
    .slice(0, -1);

const rest = (sys: Sys): Code<number> => pause(sys, 50);

/** The program of recorded/processes.c. */
const recorded: Program = function* (sys) {
  const ev = yield* sys.eventfd2(0, 0);
  yield* sys.wait4(-1);
  yield* sys.fork(function* (child) {
    yield* rest(child);
    yield* child.setpgid(0, 0);
    yield* rest(child);
    yield* child.exit_group(3);
  });
  yield* sys.wait4(-1);
  const executed = yield* sys.fork(function* (child) {
    yield* rest(child);
    yield* child.execve('/tmp/recorded', function* (self) {
      yield* rest(self);
      yield* self.exit_group(0);
    });
  });
  let fd = yield* sys.pidfd_open(executed, O_NONBLOCK);
  yield* sys.waitid(P_PIDFD, fd, WEXITED);
  yield* pause(sys, 150);
  yield* sys.waitid(P_PIDFD, fd, WEXITED | WNOWAIT);
  yield* sys.wait4(executed, WNOHANG);
  yield* sys.wait4(executed, WNOHANG | __WALL);
  yield* sys.pidfd_send_signal(fd, 0);
  const killed = yield* sys.fork(function* (child) {
    yield* rest(child);
    yield* child.read(ev, new Uint8Array(8));
  });
  yield* pause(sys, 100);
  fd = yield* sys.pidfd_open(killed, 0);
  yield* sys.waitid(P_ALL, 0, WEXITED | WNOHANG);
  yield* sys.pidfd_send_signal(fd, SIGTERM);
  yield* rest(sys);
  yield* sys.waitid(P_PID, killed, WEXITED);
  yield* sys.sigaction(SIGCHLD, { *handler() {}, flags: SA_RESTART });
  const last = yield* sys.fork(function* (child) {
    yield* rest(child);
    yield* child.exit_group(1);
  });
  yield* sys.wait4(0);
  yield* sys.kill(last, 0);
};

/** The same numbers and addresses everywhere; whose line it is depends on when a child starts. */
function normal(lines: readonly string[]): string[] {
  const pids: string[] = [];
  return lines
    .filter((line) => !/nanosleep|rt_sigaction|^fork\( <unfinished/.test(line))
    .map((line) =>
      line
        .replace(/^\[pid +\d+\] /, '')
        .replace('<... fork resumed>)', 'fork()')
        .replace(/0x[57][0-9a-f]{8,}/g, 'ADDRESS')
        .replace('["/tmp/recorded", "again"]', '["/tmp/recorded"]')
        .replace(/\b\d{4,}\b/g, (pid) => {
          if (!pids.includes(pid)) pids.push(pid);
          return `P${pids.indexOf(pid)}`;
        })
        .replace(/ += /, ' = '),
    );
}

/** Who can read `strace -f` can read this; the recording is strace's own. */
test('strace and we show the same lines of the same processes', () => {
  const path = new URL('recorded/processes.txt', import.meta.url);
  const theirs = normal(readFileSync(path, 'utf8').split('\n').slice(0, -1));
  expect(normal(straceOf(recorded)).slice(0, theirs.length)).toEqual(theirs);
});

/** Two processes, each of which is reported when it ends, and not before its threads. */
test('a line says whose it is as long as several processes live', () => {
  const lines = straceOf(function* (sys) {
    yield* sys.fork(function* (child) {
      yield* child.pthread_create(rest);
      yield* child.exit(2);
    });
    yield* sys.wait4(-1);
  });
  expect(lines.filter((line) => /\+\+\+|exit/.test(line))).toEqual([
    '[pid  1002] exit(2)                     = ?',
    '[pid  1003] exit(0)                     = ?',
    '[pid  1003] +++ exited with 0 +++',
    '[pid  1002] +++ exited with 0 +++',
    'exit_group(0)                           = ?',
    '+++ exited with 0 +++',
  ]);
});

/** SIGKILL is not delivered: there is nothing to stop for. */
test('a process that is killed by SIGKILL leaves its call without a result', () => {
  const lines = straceOf(function* (sys) {
    const pid = yield* sys.fork(rest);
    yield* pause(sys);
    yield* sys.kill(pid, SIGKILL);
    yield* sys.wait4(pid);
  });
  expect(lines.filter((line) => /1002\] .*(\+\+\+|resumed|SIGKILL \{)/.test(line))).toEqual([
    '[pid  1002] <... nanosleep resumed> <unfinished ...>) = ?',
    '[pid  1002] +++ killed by SIGKILL +++',
  ]);
});
