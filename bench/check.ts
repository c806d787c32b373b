/**
 * How fast the checker explores: executions a second on standard programs, and the time to verify
 * writers and waiters on one edge-triggered descriptor, next to SPIN on a model of the same protocol
 * (et.pml) where spin and a C compiler are installed. From dist/, in one thread.
 *
 * The two answer different questions: SPIN keeps every state of an abstract model, the checker runs
 * the modelled kernel itself and keeps none.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Epollsim from '../src/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
const { check, ...epollsim }: typeof Epollsim = await import(join(here, '../dist/src/index.js'));
type Program = Parameters<typeof check>[0];
const { AF_UNIX, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, SOCK_NONBLOCK, SOCK_STREAM } = epollsim;
const { EFD_NONBLOCK } = epollsim;
const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Threads that write to an eventfd, and threads that wait for it and read what there is. */
const writersAndWaiters = (writers: number, waiters: number): Program =>
  function* (sys) {
    const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN | EPOLLET });
    for (let i = 0; i < writers; i++) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.write(event, one);
      });
    }
    for (let i = 0; i < waiters; i++) {
      yield* sys.pthread_create(function* (sys) {
        yield* sys.epoll_wait(ep, 1, -1);
        yield* sys.read(event, new Uint8Array(8));
      });
    }
    yield* sys.poll([], -1);
  };

/** The same with one of each, on a socket pair. */
const onSocketPair: Program = function* (sys) {
  const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN | EPOLLET });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(writer, 'x');
  });
  yield* sys.pthread_create(function* (sys) {
    yield* sys.epoll_wait(ep, 1, -1);
    const bytes = new Uint8Array(16);
    while ((yield* sys.read(reader, bytes)) > 0);
  });
  yield* sys.poll([], -1);
};

/** Two threads look at a pending event with timeout 0. */
const twoLooks: Program = function* (sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < 2; i++) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, 0);
    });
  }
  yield* sys.poll([], -1);
};

const programs: readonly (readonly [string, Program])[] = [
  ['two looks at one event', twoLooks],
  ['a socket pair, 1 writer, 1 waiter', onSocketPair],
  ['1 writer, 1 waiter', writersAndWaiters(1, 1)],
  ['1 writer, 2 waiters', writersAndWaiters(1, 2)],
  ['2 writers, 1 waiter', writersAndWaiters(2, 1)],
  ['2 writers, 2 waiters', writersAndWaiters(2, 2)],
  ['3 writers, 2 waiters', writersAndWaiters(3, 2)],
];

process.stdout.write(
  `${'program'.padEnd(36)}executions   seconds  a second  steps at most  complete\n`,
);
for (const [name, program] of programs) {
  const start = process.hrtime.bigint();
  const { complete, executions, findings, longest } = check(program, {
    sharedMemory: false,
    executions: 10_000_000,
    seconds: 600,
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (findings.length > 0) throw new Error(`${name}: ${findings[0]?.sentence}`);
  process.stdout.write(
    `${name.padEnd(36)}${String(executions).padStart(10)}${seconds.toFixed(2).padStart(10)}` +
      `${String(Math.round(executions / seconds)).padStart(10)}${String(longest).padStart(15)}  ${complete}\n`,
  );
}

/** Verifies et.pml; what SPIN says of it. */
function spin(): string {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-spin-'));
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  try {
    run('spin', '-a', join(here, 'et.pml'));
    run('cc', '-O2', '-DSAFETY', '-o', 'pan', 'pan.c');
    const start = process.hrtime.bigint();
    const said = run('./pan', '-m100000');
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    const states = /(\d+) states, stored/.exec(said)?.[1];
    const errors = /errors: (\d+)/.exec(said)?.[1];
    return `SPIN, 3 writers, 2 waiters: ${states} states, ${errors} errors, ${seconds.toFixed(2)} s`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'spin or a C compiler is not installed' : String(error);
    return `SPIN: skipped, ${why}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
process.stdout.write(`${spin()}\n`);
