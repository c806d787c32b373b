import { describe, expect, test } from 'vitest';
import {
  type AsyncProgram,
  type AsyncSys,
  asProgram,
  checkAsync,
  runAsync,
  runTracedAsync,
  simulateAsync,
  spawnAsync,
} from '../../src/async/index.ts';
import {
  AF_UNIX,
  type Code,
  check,
  EPOLL_CTL_ADD,
  EPOLLIN,
  KernelBug,
  Machine,
  O_NONBLOCK,
  type Program,
  randomSchedule,
  runTraced,
  SIGUSR1,
  SOCK_STREAM,
  Strace,
  type Sys,
  simulate,
  type Verdict,
} from '../../src/index.ts';

// The same program in both styles, call by call.

const falseNegative: Program = function* (sys: Sys): Code<void> {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask: Program = function* (sys) {
    const { ret } = yield* sys.epoll_wait(ep, 1, 0);
    sys.assert(ret === 1, 'a pending event is found');
  };
  const first = yield* sys.pthread_create(ask);
  const second = yield* sys.pthread_create(ask);
  yield* sys.pthread_join(first);
  yield* sys.pthread_join(second);
};

const falseNegativeAsync: AsyncProgram = async (sys) => {
  const event = await sys.eventfd2(1, 0);
  const ep = await sys.epoll_create1(0);
  await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask: AsyncProgram = async (sys) => {
    const { ret } = await sys.epoll_wait(ep, 1, 0);
    sys.assert(ret === 1, 'a pending event is found');
  };
  const first = await sys.pthread_create(ask);
  const second = await sys.pthread_create(ask);
  await sys.pthread_join(first);
  await sys.pthread_join(second);
};

/** Lost where a byte is written between a look and the sleep that follows it. */
const counting: Program = function* (sys: Sys): Code<string> {
  const [r, w] = yield* sys.pipe2(0);
  const seen: string[] = [];
  for (const name of ['a', 'b']) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.write(w, name);
      seen.push(name);
    }, name);
  }
  const buf = new Uint8Array(2);
  while (seen.length < 2) seen.length += 0 * (yield* sys.read(r, buf));
  return seen.join('');
};

const countingAsync: AsyncProgram = async (sys) => {
  const [r, w] = (await sys.pipe2(0)) as [number, number];
  const seen: string[] = [];
  for (const name of ['a', 'b']) {
    await sys.pthread_create(async (sys) => {
      await sys.write(w, name);
      seen.push(name);
    }, name);
  }
  const buf = new Uint8Array(2);
  while (seen.length < 2) seen.length += 0 * (await sys.read(r, buf));
  return seen.join('');
};

/** A cause says in which line of the test the program stood. */
const withoutPlaces = (verdict: Verdict): Verdict => ({
  ...verdict,
  findings: verdict.findings.map((one) => ({ ...one, cause: '', details: [] })),
});

/**
 * Whoever moves a program from one style to the other is bitten: a pause that were a step would give
 * other schedules, and more of them.
 */
describe('An async function is checked as the generator with the same calls', () => {
  test.each([
    ['falseNegative', falseNegative, falseNegativeAsync, {}],
    ['falseNegative, 7.3', falseNegative, falseNegativeAsync, { kernel: '7.3' }],
    ['falseNegative, all', falseNegative, falseNegativeAsync, { findings: 'all' }],
    ['falseNegative, tso', falseNegative, falseNegativeAsync, { memory: 'tso' }],
    ['counting', counting, countingAsync, { sharedMemory: true, findings: 'all' }],
    ['counting, 40 executions', counting, countingAsync, { executions: 40, findings: 'all' }],
    [
      'counting, random',
      counting,
      countingAsync,
      { strategy: 'random', executions: 50, findings: 'all' },
    ],
    ['counting, bounded', counting, countingAsync, { preemptions: 1, findings: 'all' }],
  ] as const)('%s: the same verdict', { timeout: 60_000 }, async (_, program, twin, options) => {
    const verdict = withoutPlaces(await checkAsync(twin, options));
    const expected = withoutPlaces(check(program, options));

    expect(expected.executions).toBeGreaterThan(5);
    // How much is sampled is a question of time.
    expect({ ...verdict, estimate: null, limit: null }).toEqual({
      ...expected,
      estimate: null,
      limit: null,
    });
    expect(verdict.limit?.limit).toBe(expected.limit?.limit);
  });

  test('a schedule that one style has shown is replayed by the other', async () => {
    const [found] = (await checkAsync(falseNegativeAsync)).findings;
    const schedule = found?.schedule ?? 'none';
    const replay = { strategy: 'replay', schedule } as const;

    expect(check(falseNegative, replay).findings[0]?.story).toEqual(found?.story);
    expect((await checkAsync(falseNegativeAsync, replay)).findings[0]?.schedule).toBe(schedule);
  });
});

const straceOf = (machine: Machine, run: (format: Strace) => unknown): (() => Promise<string>) => {
  let text = '';
  return async () => {
    await run(new Strace((piece) => void (text += piece)));
    expect(machine.isPaused).toBe(false);
    return text;
  };
};

function traced(program: AsyncProgram, seed: number): Promise<string> {
  const machine = new Machine({ schedule: randomSchedule(seed) });
  spawnAsync(machine, program);
  return straceOf(machine, (format) => runTracedAsync(machine, format))();
}

/** A failure that comes back only now and then cannot be looked into. */
test.each([0, 1, 2, 3, 4])('seed %i gives the same trace in both styles', async (seed) => {
  const machine = new Machine({ schedule: randomSchedule(seed) });
  machine.spawn(counting);
  const expected = await straceOf(machine, (format) => runTraced(machine, format))();

  expect(expected).toContain('pipe2');
  expect(await traced(countingAsync, seed)).toBe(expected);
  expect(await traced(countingAsync, seed)).toBe(expected);
});

/** vitest's test.concurrent: what is global to the process must be the running machine's. */
test('machines and checks that run side by side give what each gives alone', async () => {
  const seeds = [1, 2, 3, 4, 5, 6];
  const alone: string[] = [];
  for (const seed of seeds) alone.push(await traced(countingAsync, seed));
  const verdict = withoutPlaces(await checkAsync(falseNegativeAsync));

  const [first, second, ...together] = await Promise.all([
    checkAsync(falseNegativeAsync),
    checkAsync(falseNegativeAsync),
    ...seeds.map((seed) => traced(countingAsync, seed)),
  ]);

  expect(together).toEqual(alone);
  expect(withoutPlaces(first)).toEqual(verdict);
  expect(withoutPlaces(second)).toEqual(verdict);
});

describe('While the JavaScript of a thread runs', () => {
  /** Otherwise another thread would see a half-done change between two calls. */
  test('nobody else takes a step before it has come to rest', async () => {
    const log: string[] = [];
    await simulateAsync(
      async (sys) => {
        const other = await sys.pthread_create(async (sys) => {
          for (let i = 0; i < 5; i++) {
            await sys.sched_yield();
            log.push('other');
          }
        });
        for (let i = 0; i < 5; i++) {
          await sys.sched_yield();
          log.push('begins');
          for (let hop = 0; hop < 10; hop++) await null;
          await new Promise<void>((resolve) => process.nextTick(() => queueMicrotask(resolve)));
          log.push('ends');
        }
        await sys.pthread_join(other);
      },
      { schedule: randomSchedule(3) },
    );

    const begins = log.flatMap((what, i) => (what === 'begins' ? [log[i + 1]] : []));
    expect(begins).toEqual(Array(5).fill('ends'));
    expect(log.indexOf('other')).toBeLessThan(log.lastIndexOf('begins'));
  });

  /** Promise.all over two reads: a thread is in one call at a time, here as on Linux. */
  test('calls that it asks for at once are made one after the other, in their order', async () => {
    const machine = new Machine();
    spawnAsync(machine, async (sys) => {
      const [r, w] = (await sys.pipe2(0)) as [number, number];
      const buf = new Uint8Array(4);
      const results = await Promise.all([sys.write(w, 'abc'), sys.read(r, buf), sys.close(r)]);
      sys.assert(results.join() === '3,3,0', `each has its result, found ${results}`);
    });
    const text = await straceOf(machine, (format) => runTracedAsync(machine, format))();

    expect(text.match(/^\w+/gm)).toEqual(['pipe2', 'write', 'read', 'close', 'exit_group']);
  });

  /** A queue of jobs in memory, say, with a promise for whoever waits for one. */
  test('a thread that awaits a promise goes on when another thread has settled it', async () => {
    const result = await simulateAsync(async (sys) => {
      const log: string[] = [];
      let give: (value: string) => void = () => {};
      const given = new Promise<string>((resolve) => {
        give = resolve;
      });
      const other = await sys.pthread_create(async (sys) => {
        await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
        give('a job');
        log.push('given');
      });
      log.push(await given);
      await sys.pthread_join(other);
      return log;
    });
    expect(result).toEqual(['given', 'a job']);
  });
});

describe('What is wrong is said', () => {
  const failing = (program: AsyncProgram): Promise<unknown> =>
    simulateAsync(program).then(
      (value) => `returned ${value}`,
      (error: Error) => `${error.name}: ${error.message}`,
    );

  /** Nothing would hear of what the call returned. */
  test('a call without await is found when the thread ends', async () => {
    const found = failing(async (sys) => {
      sys.close(0);
    });
    expect(await found).toBe('TypeError: main: sys.close(…) was called without "await"');
  });

  test('a call without await is found when the thread sleeps for ever', async () => {
    const found = failing(async (sys) => {
      sys.close(0);
      await sys.poll([], -1);
    });
    expect(await found).toBe(
      'TypeError: main: sys.close(…) was called without "await", and main sleeps in poll for ever',
    );
  });

  /** It went on on its own, and the process ended before it. */
  test('code that makes calls and is not awaited is found', async () => {
    const found = failing(async (sys) => {
      const detached = async (): Promise<void> => {
        await sys.getpid();
        await sys.getpid();
      };
      detached();
      await sys.getpid();
    });
    expect(await found).toBe(
      'TypeError: main: its program has returned before sys.getpid(…): code that calls it is not awaited',
    );
  });

  /** A real timer is not of the machine: it would come sooner or later, as it likes. */
  test('a promise that nothing on the machine settles is named, and nothing hangs', async () => {
    const found = failing(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    expect(await found).toBe(
      'TypeError: main: it awaits a promise that nothing on its machine settles (timers: see ' +
        'fakeTime), and main sleeps in await for ever',
    );
  });

  test('a call that waits behind another one for ever is named with it', async () => {
    const found = failing(async (sys) => {
      const [, w] = (await sys.pipe2(0)) as [number, number];
      const ep = await sys.epoll_create1(0);
      await Promise.all([sys.epoll_wait(ep, 1, -1), sys.write(w, 'x')]);
    });
    expect(await found).toBe(
      'TypeError: main: sys.write(…) waits until sys.epoll_wait(…) has returned (a thread makes ' +
        'one call at a time, and each thread has a sys of its own), and main sleeps in epoll_wait ' +
        'for ever',
    );
  });

  test('who sleeps in a call for ever is told of with the reason', async () => {
    const found = failing(async (sys) => {
      const [r] = (await sys.pipe2(0)) as [number, number];
      const ep = await sys.epoll_create1(0);
      await sys.epoll_ctl(ep, EPOLL_CTL_ADD, r, { events: EPOLLIN });
      await sys.epoll_wait(ep, 1, -1);
    });
    const [first, ...reasons] = String(await found).split('\n');
    expect(first).toBe('Error: the program never ends: main sleeps in epoll_wait');
    expect(reasons.length).toBeGreaterThan(0);
  });

  test('wrong arguments are refused where the call is made', async () => {
    const found = failing(async (sys) => {
      await sys.read('x' as never, new Uint8Array(1));
    });
    expect(await found).toBe("TypeError: read: fd: expected an integer, found 'x'");
  });

  test('a program that is no function is refused', async () => {
    const wrong = 'expected an async function (async (sys) => { … }), found';
    expect(() => asProgram(5 as never)).toThrow(`asProgram: ${wrong} 5`);
    expect(await failing(5 as never)).toBe(`TypeError: simulateAsync: ${wrong} 5`);
    const promise = Promise.resolve();
    const given =
      'what a call gives (a Promise): hand over the function itself, without calling it';
    await expect(checkAsync(promise as never)).rejects.toThrow(`checkAsync: ${wrong} ${given}`);
    expect(() => spawnAsync(new Machine(), promise as never)).toThrow(`spawnAsync: ${wrong} what`);
    expect(await failing((sys: AsyncSys) => sys.pthread_create(5 as never))).toContain('found 5');
  });

  /** A run that does not wait would end in the middle of the first call. */
  test('an async function is refused where nobody can wait for it', () => {
    const waits = 'a program that is an async function has to wait for its promises';
    const machine = new Machine();
    spawnAsync(machine, async (sys) => sys.getpid());
    expect(() => machine.run()).toThrow(waits);
    expect(() => machine.run()).toThrow(waits);
    expect(() => machine.settle()).toThrow(waits);
    expect(() => simulate(asProgram(async () => 1))).toThrow(waits);
    expect(() => check(asProgram(async () => 1))).toThrow(waits);
  });

  /** A promise that is rejected and that nobody hears of ends the whole process of a test runner. */
  test('a program that rejects fails the run, and no rejection is left over', async () => {
    const leaked: unknown[] = [];
    const listen = (reason: unknown): void => void leaked.push(reason);
    process.on('unhandledRejection', listen);
    const found = failing(async (sys) => {
      await sys.pthread_create(async (sys) => {
        await sys.getpid();
        throw new RangeError('no');
      });
      await sys.poll([], -1);
    });
    expect(await found).toBe('RangeError: no');
    expect(
      (await checkAsync(async () => Promise.reject(new RangeError('no')))).findings,
    ).toMatchObject([{ kind: 'exception' }]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', listen);
    expect(leaked).toEqual([]);
  });

  test('a sys that is kept has ended with its thread', async () => {
    let kept: AsyncSys | null = null;
    await simulateAsync(async (sys) => {
      kept = sys;
    });
    expect(() => kept?.getpid()).toThrow('expected a call by main while it runs, and it has ended');
  });

  /** The kernel is broken from there on: nothing that the program does next means anything. */
  test('a bug of the kernel ends the run, whatever the program catches', async () => {
    const found = simulateAsync(
      async (sys) => {
        const event = { events: EPOLLIN };
        const first = await sys.epoll_create1(0);
        const second = await sys.epoll_create1(0);
        await sys.epoll_ctl(first, EPOLL_CTL_ADD, await sys.eventfd2(1, 0), event);
        await sys.epoll_ctl(second, EPOLL_CTL_ADD, first, event);
        await sys.epoll_ctl(first, EPOLL_CTL_ADD, second, event).catch(() => 0);
      },
      { kernel: '4.4', without: ['22bacca48a17'] },
    );
    await expect(found).rejects.toBeInstanceOf(KernelBug);
  });

  test('a loop without end is ended after maxSteps, and cannot catch that', async () => {
    const found = simulateAsync(
      async (sys) => {
        for (;;) await sys.getpid().catch(() => 0);
      },
      { maxSteps: 500 },
    );
    await expect(found).rejects.toThrow('no rest after 500 steps: main is in');
  });
});

describe('Programs that calls take may be async functions', () => {
  test('the handler of a signal interrupts a call, and has the sys of its thread', async () => {
    const log = await simulateAsync(async (sys) => {
      const log: string[] = [];
      const [r, w] = (await sys.pipe2(O_NONBLOCK)) as [number, number];
      await sys.sigaction(SIGUSR1, {
        handler: async (signo, _, sys) => {
          log.push(`signal ${signo}, wrote ${await sys.write(w, 'x')}`);
        },
      });
      const { tgid, pid } = sys.task;
      await sys.pthread_create(async (sys) => {
        await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
        await sys.tgkill(tgid, pid, SIGUSR1);
      });
      log.push(`poll ${await sys.poll([], -1)}`);
      log.push(`read ${await sys.read(r, new Uint8Array(2))}`);
      return log;
    });
    expect(log).toEqual(['signal 10, wrote 1', 'poll -4', 'read 1']);
  });

  /** No call is under way there, and the process has to end all the same. */
  test('a thread that awaits a promise hears of signals, and ends with its process', async () => {
    const machine = new Machine();
    const log: string[] = [];
    const spawned = spawnAsync(machine, async (sys) => {
      await sys.sigaction(SIGUSR1, { handler: async () => void log.push('signal') });
      const { tgid, pid } = sys.task;
      await sys.pthread_create(async (sys) => {
        await sys.tgkill(tgid, pid, SIGUSR1);
        await sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
        await sys.exit_group(3);
      });
      await new Promise(() => {});
    });
    const { asleep } = await runAsync(machine);
    expect(asleep).toEqual([]);
    expect(log).toEqual(['signal']);
    expect(spawned.result).toEqual({ how: 'exited', status: 3 });
  });

  test('fork and execve', async () => {
    const log: string[] = [];
    await simulateAsync(async (sys) => {
      const child = await sys.fork(async (sys) => {
        log.push('child');
        await sys.execve('/bin/other', async (sys) => {
          log.push(`other ${await sys.getppid()}`);
          await sys.exit_group(7);
        });
      });
      const { ret, status } = await sys.wait4(child);
      log.push(`${ret === child} ${status >> 8}`);
    });
    expect(log).toEqual(['child', 'other 1001', 'true 7']);
  });

  test('generators run beside them on one machine', async () => {
    const machine = new Machine();
    const one = machine.spawn(function* (sys) {
      const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      const tid = yield* sys.pthread_create(
        asProgram(async (sys) => {
          await sys.write(b, 'hello');
        }),
      );
      const n = yield* sys.read(a, new Uint8Array(9));
      yield* sys.pthread_join(tid);
      return n;
    });
    await runAsync(machine);
    expect(one.result).toEqual({ how: 'returned', value: 5 });
  });

  test('a run up to a time goes on behind it', async () => {
    const machine = new Machine();
    const spawned = spawnAsync(machine, async (sys) => {
      await sys.nanosleep({ tv_sec: 5, tv_nsec: 0 });
      return 'late';
    });
    await runAsync(machine, machine.now_ns + 1e9);
    expect(spawned.result).toBe(null);
    await runAsync(machine);
    expect(spawned.result).toEqual({ how: 'returned', value: 'late' });
  });
});
