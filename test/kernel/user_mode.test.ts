import { expect, test } from 'vitest';
import { type CheckOptions, check } from '../../src/check/check.ts';
import { EFD_NONBLOCK, SIGUSR1 } from '../../src/index.ts';
import { current } from '../../src/kernel/current.ts';
import type { SharedMemory } from '../../src/sim/schedule.ts';
import type { Code, Program, Sys } from '../../src/syscalls/sys.ts';

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** What the program returns, on all schedules, where others may come between a call and what is behind it. */
function resultsOf(program: (sys: Sys) => Code<unknown>, options: CheckOptions = {}): string[] {
  const { complete, results } = check(program, {
    findings: 'all',
    sharedMemory: 'anytime',
    ...options,
  });
  expect(complete).toBe(true);
  return [...results.keys()];
}

/** It gives whether the writer was behind its call when the reader was told. */
function* toldByWrite(sys: Sys): Code<boolean> {
  let isSet = false;
  let found = false;
  const event = yield* sys.eventfd2(0, 0);
  const thread = yield* sys.pthread_create(function* (sys) {
    yield* sys.read(event, new Uint8Array(8));
    found = isSet;
  });
  yield* sys.write(event, one);
  isSet = true;
  yield* sys.pthread_join(thread);
  return found;
}

test('A new thread may run before its maker looks at a variable behind pthread_create()', () => {
  const seen = resultsOf(function* (sys) {
    let hasRun = false;
    const thread = yield* sys.pthread_create(function* (sys) {
      hasRun = true;
      yield* sys.getpid();
    });
    const found = hasRun;
    yield* sys.pthread_join(thread);
    return found;
  });
  expect(seen).toEqual(['false', 'true']);
});

test('With memory that is shared, and nothing more, only a new thread comes between', () => {
  const create = resultsOf(
    function* (sys) {
      let hasRun = false;
      const thread = yield* sys.pthread_create(function* () {
        hasRun = true;
      });
      const found = hasRun;
      yield* sys.pthread_join(thread);
      return found;
    },
    { sharedMemory: true },
  );
  expect(create).toEqual(['false', 'true']);
  expect(resultsOf(toldByWrite, { sharedMemory: true })).toEqual(['true']);
});

test('Who checks a variable and then sleeps misses what a new thread says in between', () => {
  const { findings } = check(function* (sys) {
    const event = yield* sys.eventfd2(0, 0);
    let isWaiting = false;
    yield* sys.pthread_create(function* (sys) {
      if (isWaiting) yield* sys.write(event, one);
    });
    isWaiting = true;
    yield* sys.read(event, new Uint8Array(8));
  });
  expect(findings.map(({ kind }) => kind)).toEqual(['deadlock']);
});

test('What is done to a variable before pthread_create() may come after what others do', () => {
  const seen = resultsOf(function* (sys) {
    let stage = 'before';
    let found = '';
    const thread = yield* sys.pthread_create(function* () {
      found = stage;
    });
    stage = 'between';
    yield* sys.pthread_create(function* () {});
    stage = 'behind';
    yield* sys.pthread_join(thread);
    return found;
  });
  expect(seen).toEqual(['"before"', '"behind"', '"between"']);
});

test('Whoever is told by write() may go on before the code behind it', () => {
  expect(resultsOf(toldByWrite)).toEqual(['false', 'true']);
});

/** A thread counts 1, another one 2, in an order that is not that of the calls before it. */
const inOrderOf = (
  call: (sys: Sys, event: number) => ReturnType<Sys['read']>,
): ((sys: Sys) => Code<string>) =>
  function* (sys) {
    const event = yield* sys.eventfd2(0, EFD_NONBLOCK);
    let order = '';
    const results: number[] = [];
    const thread = yield* sys.pthread_create(function* (sys) {
      results[1] = yield* call(sys, event);
      order += 'b';
    });
    results[0] = yield* call(sys, event);
    order += 'a';
    yield* sys.pthread_join(thread);
    return `${results[0] === 8 ? 'a' : 'b'} reads, then ${order}`;
  };

test('Who comes first in the kernel need not be first behind the call', () => {
  const seen = resultsOf(
    inOrderOf(function* (sys, event) {
      yield* sys.write(event, one);
      return yield* sys.read(event, new Uint8Array(8));
    }),
  );
  expect(seen).toEqual([
    '"a reads, then ab"',
    '"a reads, then ba"',
    '"b reads, then ab"',
    '"b reads, then ba"',
  ]);
});

/** The second signal is for the other thread only because the first thread blocks it by then. */
test('A signal is blocked for its handler before the handler begins, and others may come between', () => {
  const seen = resultsOf(function* (sys) {
    const handled: string[] = [];
    const handler = function* (): Code<void> {
      handled.push(current.comm);
    };
    yield* sys.sigaction(SIGUSR1, { handler });
    const pid = yield* sys.getpid();
    const thread = yield* sys.pthread_create(function* (sys) {
      yield* sys.kill(pid, SIGUSR1);
    }, 'other');
    yield* sys.tgkill(pid, yield* sys.gettid(), SIGUSR1);
    yield* sys.pthread_join(thread);
    return handled;
  });
  expect(seen).toContain('["other","main"]');
});

const kept: Program = function* (sys) {
  const event = yield* sys.eventfd2(0, 0);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.read(event, new Uint8Array(8));
  });
  yield* sys.read(event, new Uint8Array(8));
};

test.each<[SharedMemory, SharedMemory]>([
  [false, true],
  [true, false],
  ['anytime', true],
  [true, 'anytime'],
  ['anytime', false],
])('A schedule fits whether or not variables are shared: %s, then %s', (first, then) => {
  const [found] = check(kept, { sharedMemory: first }).findings;
  expect(found?.kind).toBe('deadlock');
  const again = check(kept, { sharedMemory: then, schedule: found?.schedule });
  expect(again.findings.map(({ kind }) => kind)).toEqual(['deadlock']);
});

/** "Every interleaving" would be too much to say where only calls were interleaved. */
test('A verdict says where code went in one go with the call before it', () => {
  const ofCalls = (program: Program, sharedMemory: SharedMemory): boolean =>
    check(program, { sharedMemory }).ofCalls;
  function* alone(sys: Sys): Code<void> {
    yield* sys.write(yield* sys.eventfd2(0, 0), one);
  }

  expect(ofCalls(toldByWrite, true)).toBe(true);
  expect(ofCalls(toldByWrite, 'anytime')).toBe(false);
  expect(ofCalls(toldByWrite, false)).toBe(false);
  expect(ofCalls(alone, true)).toBe(false);
});
