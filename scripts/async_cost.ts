/**
 * What an async function costs next to the generator with the same calls, in one process: run and
 * checked. Prints both times and their ratio; docs/own-loop.md has a run.
 *
 *     npm run -s build && node --import=tsx scripts/async_cost.ts
 */
import { check, EPOLL_CTL_ADD, EPOLLIN, type Program, simulate } from 'epollsim';
import { type AsyncProgram, checkAsync, simulateAsync } from 'epollsim/async';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);
const rounds = 3000;

const roundTrips: Program = function* (sys) {
  const event = yield* sys.eventfd2(0, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < rounds; i++) {
    yield* sys.write(event, one);
    yield* sys.epoll_wait(ep, 1, -1);
    yield* sys.read(event, new Uint8Array(8));
  }
};

const roundTripsAsync: AsyncProgram = async (sys) => {
  const event = await sys.eventfd2(0, 0);
  const ep = await sys.epoll_create1(0);
  await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < rounds; i++) {
    await sys.write(event, one);
    await sys.epoll_wait(ep, 1, -1);
    await sys.read(event, new Uint8Array(8));
  }
};

const twoWaiters: Program = function* (sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < 2; i++) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(ep, 1, 0);
      yield* sys.epoll_wait(ep, 1, 0);
    });
  }
};

const twoWaitersAsync: AsyncProgram = async (sys) => {
  const event = await sys.eventfd2(1, 0);
  const ep = await sys.epoll_create1(0);
  await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  for (let i = 0; i < 2; i++) {
    await sys.pthread_create(async (sys) => {
      await sys.epoll_wait(ep, 1, 0);
      await sys.epoll_wait(ep, 1, 0);
    });
  }
};

/** The shortest of a few times, in milliseconds. */
async function timed(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    await work();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}

function report(what: string, generator: number, asynchronous: number): void {
  const ratio = (asynchronous / generator).toFixed(1);
  process.stdout.write(
    `${what}: generator ${generator.toFixed(0)} ms, async ${asynchronous.toFixed(0)} ms, ${ratio} times\n`,
  );
}

report(
  `${3 * rounds} calls`,
  await timed(() => simulate(roundTrips)),
  await timed(() => simulateAsync(roundTripsAsync)),
);
const options = { sharedMemory: false, findings: 'all', executions: 5000 } as const;
const { executions } = check(twoWaiters, options);
report(
  `a check of ${executions} executions`,
  await timed(() => check(twoWaiters, options)),
  await timed(() => checkAsync(twoWaitersAsync, options)),
);
