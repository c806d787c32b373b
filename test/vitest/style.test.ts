/** Tests whose program is an async function: what a generator has no need of. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AsyncSys } from '../../src/async/index.ts';
import type { Code, Sys } from '../../src/index.ts';
import { checkTest, simTest } from '../../src/vitest/index.ts';
import { inAsyncStyle, Project, type Run } from '../support/vitest_project.ts';

const race = `
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { checkTest } from 'epollsim/vitest';

checkTest('race', { sharedMemory: false }, function* (sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask = function* (sys) {
    sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 1, 'it is found');
  };
  const other = yield* sys.pthread_create(ask);
  yield* ask(sys);
  yield* sys.pthread_join(other);
});
`;

/** Who moves a test from one style to the other would lose what it has found. */
test('a schedule that is kept is the same in either style, and either is run along it', async () => {
  const generator = new Project({ 'a.test.js': race });
  const project = new Project({ 'a.test.js': inAsyncStyle(race) });
  onTestFinished(() => {
    generator.remove();
    project.remove();
  });
  await generator.run();
  const first = await project.run();
  const [path = ''] = project.kept;
  expect(first.tests['race']?.message).toContain(`kept in ${path}: it is run first from now on`);
  expect(project.read(path)).toBe(generator.read(path));

  for (const source of [inAsyncStyle(race), race]) {
    project.write('a.test.js', source);
    const { tests } = await project.run();
    expect(tests['race']?.message).toContain('1 finding in 1 execution;');
    expect(tests['race']?.message).toContain(`it was kept in ${path}`);
  }
  project.write('a.test.js', inAsyncStyle(race).replace('await ask(sys);', ''));
  const { printed, tests } = await project.run();
  expect(tests['race']?.status).toBe('passed');
  expect(printed).toContain(`nothing is found any more along the schedule in ${path}`);
}, 120_000);

const several = `
import { checkTest, simTest } from 'epollsim/vitest';
import { afterAll, expect, test } from 'vitest';

const { setTimeout: real, Date: realDate } = globalThis;
const sleeps = (ms) => new Promise((done) => setTimeout(done, ms));

simTest('fake time', { fakeTime: true, seeds: 3 }, async (sys) => {
  const began = Date.now();
  await sleeps(86_400_000);
  expect(Date.now() - began).toBe(86_400_000);
});
checkTest('fake time while checking', { fakeTime: true, sharedMemory: false }, async (sys) => {
  const began = Date.now();
  await sleeps(1000);
  expect(Date.now() - began).toBe(1000);
});
simTest('fake time of a generator', { fakeTime: true }, function* (sys) {
  const began = Date.now();
  yield* sys.nanosleep({ tv_sec: 5, tv_nsec: 0 });
  expect(Date.now() - began).toBe(5000);
});
simTest('fails in fake time', { fakeTime: true }, async () => {
  await sleeps(1000);
  expect(1).toBe(2);
});
let rounds = 0;
simTest('goes on for long', { fakeTime: true, timeout: 300, maxSteps: 1e9 }, async (sys) => {
  for (;; rounds++) await sys.sched_yield();
});
test('then it is the real time', async () => {
  expect(globalThis.setTimeout).toBe(real);
  expect(Date).toBe(realDate);
  const before = rounds;
  expect(before).toBeGreaterThan(0);
  await new Promise((done) => real(done, 200));
  expect(rounds - before).toBeLessThan(2);
});
simTest('and again fake', { fakeTime: true }, async () => {
  await sleeps(1_000_000);
});

simTest('awaits what nobody settles', async () => {
  await new Promise(() => {});
});
simTest('gives nothing', () => {});

const generator = function* (sys, n) {
  if (n === 9) throw new Error('nine');
  return (yield* sys.eventfd2(n, 0)) === 3 ? undefined : sys.assert(false, 'it is 3');
};
const promised = async (sys, n) => {
  expect(await sys.eventfd2(n, 0)).toBe(3);
  if (n === 9) throw new Error('nine');
};
simTest('calls a generator', (sys) => generator(sys, 1));
simTest('calls a generator that throws', (sys) => generator(sys, 9));
simTest('calls an async function', (sys) => promised(sys, 1));
simTest('calls an async function that throws', (sys) => promised(sys, 9));
checkTest('checks what calls a generator', { sharedMemory: false }, (sys) => generator(sys, 1));
checkTest('checks what calls an async function', { sharedMemory: false }, (sys) => promised(sys, 1));

// How many executions are run, and how many at once.
const counts = {};
const counted = (name) => async (sys) => {
  counts[name] = (counts[name] ?? 0) + 1;
  const [r, w] = await sys.pipe2(0);
  await sys.pthread_create(async (sys) => {
    await sys.write(w, 'x');
  });
  await sys.read(r, new Uint8Array(1));
};
checkTest('alone', { sharedMemory: false, keep: false }, counted('alone'));
checkTest.concurrent('first', { sharedMemory: false, keep: false }, counted('first'));
checkTest.concurrent('second', { sharedMemory: false, keep: false }, counted('second'));
afterAll(() => {
  expect(counts.alone).toBeGreaterThan(10);
  expect([counts.first, counts.second]).toEqual([counts.alone, counts.alone]);
  console.log('counted ' + counts.alone);
});
`;

describe('An async function', () => {
  const project = new Project({ 'several.test.js': several });
  let run: Run;

  beforeAll(async () => {
    run = await project.run();
  }, 60_000);
  afterAll(() => project.remove());

  const messageOf = (name: string): string => {
    expect(run.tests[name]?.status, name).toBe('failed');
    return run.tests[name]?.message ?? '';
  };

  /** A test of a day that takes a day; or the next one, which finds a clock that stands still. */
  test('has fake time if it asks for it, and after it there is none, however it has ended', () => {
    for (const name of [
      'fake time',
      'fake time while checking',
      'fake time of a generator',
      'then it is the real time',
      'and again fake',
    ]) {
      expect(run.tests[name]?.status, run.tests[name]?.message).toBe('passed');
    }
    expect(messageOf('fails in fake time')).toContain('expected 1 to be 2');
    expect(run.tests['goes on for long']?.status).toBe('failed');
    expect(run.printed).toContain('Test timed out in 300ms');
  });

  /** Vitest would say that it timed out, after five seconds. */
  test('that awaits what nothing on its machine settles is told so at once', () => {
    expect(messageOf('awaits what nobody settles')).toContain(
      'main: it awaits a promise that nothing on its machine settles (timers: see fakeTime)',
    );
  });

  /** An arrow around a program with arguments is neither: a test that does nothing, and passes. */
  test('is told from a generator by what it gives, where it does not say', () => {
    for (const name of [
      'calls a generator',
      'calls an async function',
      'checks what calls a generator',
      'checks what calls an async function',
    ]) {
      expect(run.tests[name]?.status, run.tests[name]?.message).toBe('passed');
    }
    expect(messageOf('calls an async function that throws')).toContain('nine');
    expect(messageOf('calls a generator that throws')).toContain('nine');
    expect(messageOf('gives nothing')).toContain('found a function that gives undefined');
  });

  /** Two that are interleaved share what is global in the model. */
  test('is checked beside another one as it is alone', () => {
    expect(run.printed).toMatch(/counted \d\d+/);
    for (const name of ['alone', 'first', 'second']) {
      expect(run.tests[name]?.status, run.tests[name]?.message).toBe('passed');
    }
  });
});

/** What the plugin makes a program tell counts for the thread that runs, which is not always it. */
test('with the plugin, threads of an async function share all, and those of others do not', async () => {
  const together = (style: string, start: string): string => `
checkTest('${style}', { keep: false }, ${start} (sys: any) {
  const shared = { n: 0 };
  const threads: number[] = [];
  for (let i = 0; i < 2; i++) {
    threads.push(yield* sys.pthread_create(function* (sys: any) {
      const before = shared.n;
      yield* sys.sched_yield();
      shared.n = before + 1;
    }));
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
  expect(shared.n).toBe(2);
});`;
  const apart = `
checkTest('apart', { keep: false, executions: 50 }, function* (sys: any) {
  const threads: number[] = [];
  for (let i = 0; i < 3; i++) {
    threads.push(yield* sys.pthread_create(function* (sys: any) {
      let own = 0;
      for (let j = 0; j < 3; j++) own += yield* sys.sched_yield();
    }));
  }
  for (const thread of threads) yield* sys.pthread_join(thread);
});`;
  const project = new Project(
    {
      'a.test.ts': `
import { checkTest } from 'epollsim/vitest';
import { expect } from 'vitest';
${inAsyncStyle(together('async', 'function*'))}
${inAsyncStyle(apart).replace("'apart'", "'apart, async'")}
${together('generator', 'function*')}
${apart}
`,
    },
    { plugin: true },
  );
  onTestFinished(() => project.remove());
  const { tests } = await project.run();
  expect(tests['async']?.message).toContain('expected 1 to be 2');
  expect(tests['generator']?.message).toContain('expected 1 to be 2');
  expect(tests['apart, async']?.message).toContain('as it is an async function: "sharedMemory:');
  expect(tests['apart']?.status, tests['apart']?.message).toBe('passed');
}, 60_000);

// Types: `sys` fits both styles, and whatever takes one of them.

const openAsync = async (sys: AsyncSys): Promise<number> => sys.epoll_create1(0);
const open = (sys: Sys): Code<number> => sys.epoll_create1(0);

simTest('types, async', async (sys, { machine, task }) => {
  const ep: number = await openAsync(sys);
  expect([ep, machine.kernel === sys.task.kernel, task.name]).toEqual([3, true, 'types, async']);
  const [r, w] = await sys.pipe2(0);
  await sys.pthread_create(async (sys) => {
    await sys.write(w, 'x');
  });
  const n: number = await sys.read(r, new Uint8Array(4));
  expect(n).toBe(1);
  // @ts-expect-error The `await` is forgotten.
  const forgotten: number = sys.getpid();
  await forgotten;
});
simTest('types, generator', { kernel: '5.10' }, function* (sys, { machine }) {
  const ep: number = yield* open(sys);
  expect([ep, machine.kernel === sys.task.kernel]).toEqual([3, true]);
});
simTest.each([{ n: 1 }])('types of %o', async (sys, { n }) => {
  expect(await sys.eventfd2(n, 0)).toBe(3);
});
simTest.for([[1, 'a']] as const)('types for %i', async (sys, [n, text], { machine }) => {
  expect(await sys.eventfd2(n, 0)).toBe(3);
  expect([text, machine.kernel === sys.task.kernel]).toEqual(['a', true]);
});
checkTest.each([
  [1, 'a'],
  [2, 'b'],
] as const)('types of %i and %s', { keep: false }, async (sys, n, text) => {
  expect([await sys.eventfd2(n, 0), text.length]).toEqual([3, 1]);
});
