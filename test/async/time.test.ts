import { describe, expect, test } from 'vitest';
import {
  type AsyncProgram,
  type AsyncSys,
  checkAsync,
  type FakeTime,
  fakeTime,
  runAsync,
  simulateAsync,
  spawnAsync,
} from '../../src/async/index.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  type Code,
  check,
  EPOLL_CTL_ADD,
  EPOLLIN,
  Machine,
  O_NONBLOCK,
  type Sys,
  simulate,
} from '../../src/index.ts';

const ms = 1_000_000;
const sleep = (time: FakeTime, delay: number): Promise<void> =>
  new Promise((resolve) => time.setTimeout(resolve, delay));

describe('Fake timers', () => {
  /** A loop's timeout and the kernel's timer for the same moment are what is tested. */
  test('fire in the order of the virtual clock, between timers of the kernel', async () => {
    const log: string[] = [];
    const machine = new Machine();
    const time = fakeTime(machine);
    const note = (what: string) => (): void => void log.push(`${what} ${machine.now_ns / ms}`);
    time.setTimeout(note('second'), 20);
    time.setTimeout(note('fifth'), 50);
    time.setTimeout(note('first'), 10);
    machine.after(30 * ms, note('third, of the machine'));
    machine.spawn(function* (sys) {
      yield* sys.poll([], 40);
      note('fourth, of poll()')();
    });
    machine.run();
    expect(log).toEqual([
      'first 1010',
      'second 1020',
      'third, of the machine 1030',
      'fourth, of poll() 1040',
    ]);
  });

  test('whose callback settles a promise, the thread that awaits it goes on', async () => {
    const seen = await simulateAsync(async (sys) => {
      const time = fakeTime(sys);
      const before = await sys.clock_gettime(CLOCK_MONOTONIC);
      await sleep(time, 250);
      const after = await sys.clock_gettime(CLOCK_MONOTONIC);
      return [before, after].map(({ tv_sec, tv_nsec }) => tv_sec * 1000 + tv_nsec / ms);
    });
    expect(seen).toEqual([1000, 1250]);
  });

  test('that are cleared do not fire, by themselves or by their number', () => {
    const machine = new Machine();
    const time = fakeTime(machine);
    const log: string[] = [];
    const note = (what: string): void => void log.push(what);
    time.clearTimeout(time.setTimeout(note, 5, 'object'));
    time.clearTimeout(Number(time.setTimeout(note, 5, 'number')));
    time.clearTimeout(undefined);
    const kept = time.setTimeout(note, 5, 'kept');
    machine.spawn(function* (sys) {
      yield* sys.poll([], 10);
      kept.refresh();
      yield* sys.poll([], 3);
      time.clearImmediate(time.setImmediate(note, 'immediate'));
      time.setImmediate(note, 'at once');
      yield* sys.poll([], 10);
    });
    machine.run();
    expect(log).toEqual(['kept', 'at once', 'kept']);
  });

  test('of an interval fire until they are cleared, and no machine waits for them alone', async () => {
    const machine = new Machine();
    const time = fakeTime(machine);
    const log: number[] = [];
    const timer = time.setInterval(() => {
      log.push(machine.now_ns / ms);
      if (log.length === 3) time.clearInterval(timer);
    }, 10);
    time.setInterval(() => log.push(0), 1000);
    spawnAsync(machine, (sys) => sys.poll([], 100));
    await runAsync(machine);
    expect(log).toEqual([1010, 1020, 1030]);
  });

  test('that are unref()ed keep nobody waiting', async () => {
    const fired: string[] = [];
    const machine = new Machine();
    const time = fakeTime(machine);
    const timer = time.setTimeout(() => fired.push('unref'), 10_000).unref();
    machine.spawn(function* (sys) {
      yield* sys.poll([], 5);
    });
    machine.run();
    expect(timer.hasRef()).toBe(false);
    expect(fired).toEqual([]);
    expect(machine.now_ns / ms).toBe(1005);
  });

  /** As Node has it: no delay is 1 ms, and so is one that is too long. */
  test.each([
    [undefined, 1],
    [0, 1],
    [-5, 1],
    [2.9, 2],
    [Number.NaN, 1],
    [2 ** 31, 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ])('a delay of %s is one of %i ms', (delay, expected) => {
    const machine = new Machine();
    let fired = 0;
    fakeTime(machine).setTimeout(() => void (fired = machine.now_ns / ms - 1000), delay);
    machine.spawn((sys) => sys.nanosleep({ tv_sec: 10_000_000, tv_nsec: 0 }));
    machine.run();
    expect(fired).toBe(expected);
  });

  /** A timeout may come before or after the event that it guards: both have to be tried. */
  test('fire at any moment while checking, in both styles', async () => {
    const verdicts = [
      check(function* (sys: Sys): Code<string> {
        const log: string[] = [];
        fakeTime(sys).setTimeout(() => log.push('timer'), 10);
        yield* sys.poll([], 5);
        log.push('poll');
        yield* sys.poll([], 5);
        return log.join();
      }),
      await checkAsync(async (sys) => {
        const log: string[] = [];
        fakeTime(sys).setTimeout(() => log.push('timer'), 10);
        await sys.poll([], 5);
        log.push('poll');
        await sys.poll([], 5);
        return log.join();
      }),
    ];
    for (const { complete, results } of verdicts) {
      expect(complete).toBe(true);
      expect([...results.keys()]).toEqual(['"poll,timer"', '"timer,poll"']);
    }
  });

  test('whose callback throws or rejects fail the run', async () => {
    const failing = (callback: () => unknown): Promise<unknown> =>
      simulateAsync(async (sys) => {
        fakeTime(sys).setTimeout(callback, 1);
        await sys.poll([], 10);
      });
    const fail = (): never => {
      throw new RangeError('in the callback');
    };
    await expect(failing(fail)).rejects.toThrow('in the callback');
    await expect(failing(async () => fail())).rejects.toThrow('in the callback');
    await expect(failing('x' as never)).rejects.toThrow(
      "setTimeout: expected a function, found 'x'",
    );
  });
});

/** A heartbeat that nobody clears, and threads that wait for nothing: it went on for ever. */
/** A machine that is busy with other tests. */
const slow = { timeout: 60_000 };

describe('Timers without end, while all sleep,', () => {
  /** They sleep for ever, once each has made a call. */
  const asleep = async (sys: AsyncSys): Promise<void> => {
    await sys.pthread_create(async (sys) => {
      await sys.poll([], -1);
    });
    await sys.poll([], -1);
  };
  const beating: AsyncProgram<void> = async (sys) => {
    fakeTime(sys).setInterval(() => {}, 10);
    await asleep(sys);
  };
  const beatingCode = function* (sys: Sys): Code<void> {
    fakeTime(sys).setInterval(() => {}, 10);
    yield* sys.poll([], -1);
  };
  /** Each starts the next one for the same moment: the clock's interrupt does not end. */
  const atOnceAgain = function* (sys: Sys): Code<void> {
    const time = fakeTime(sys);
    const again = (): void => void time.setImmediate(again);
    again();
    yield* sys.poll([], -1);
  };

  test('end with the limit on steps, who sleeps, and what to do', async () => {
    const ended = 'no rest after 2000 steps: the timer setInterval fires again and again, while ';
    const remedy = ': take it back (clearInterval), or unref() it where nobody waits for it.';
    const maxSteps = 2000;
    await expect(simulateAsync(beating, { maxSteps })).rejects.toThrow(
      `${ended}main sleeps in poll, t1 sleeps in poll${remedy}`,
    );
    expect(() => simulate(beatingCode, { maxSteps })).toThrow(
      `${ended}main sleeps in poll${remedy}`,
    );
  });

  test('that start anew at once do so, too, on every schedule', () => {
    const ended = /^no rest after 2000 steps: the timer setImmediate fires again and again/;
    expect(() => simulate(atOnceAgain, { maxSteps: 2000 })).toThrow(ended);
    expect(() => simulate(atOnceAgain, { maxSteps: 2000, seed: 7 })).toThrow(ended);
    const { limit } = check(atOnceAgain, { strategy: 'pct', executions: 1 });
    expect(limit?.limit).toBe('steps');
  });

  test('of machine.after() do so, too', () => {
    const machine = new Machine({ maxSteps: 2000 });
    const again = (): void => void machine.after(ms, again);
    again();
    machine.spawn((sys) => sys.poll([], -1));
    expect(() => machine.run()).toThrow('the timer after fires again and again, while main sleeps');
    expect(machine.run(machine.now_ns + 10 * ms).asleep).toHaveLength(1); // It can be looked at.
  });

  test.each(['exhaustive', 'random', 'pct'] as const)(
    'end executions of a check, %s, and its time',
    { timeout: 20_000 },
    async (strategy) => {
      const { executions, findings, information, limit } = await checkAsync(beating, {
        strategy,
        seconds: 1,
      });
      expect(executions).toBeGreaterThanOrEqual(1);
      expect(findings).toEqual([]);
      expect(limit).not.toBeNull();
      expect(information.map(({ sentence }) => sentence)).toEqual([
        'The timer setInterval fires again and again, and the execution does not come to its end: ' +
          'take it back (clearInterval), or unref() it where nobody waits for it.',
      ]);
    },
  );

  /** A thousand executions with a heartbeat are tried to make it shorter. */
  test('do not keep a finding from being told in time', { timeout: 60_000 }, async () => {
    const program: AsyncProgram<void> = async (sys) => {
      fakeTime(sys).setInterval(() => {}, 10);
      const [r, w] = await sys.pipe2(O_NONBLOCK);
      await sys.pthread_create(async (sys) => {
        await sys.write(w, 'x');
        await sys.poll([], -1);
      });
      const n = await sys.read(r, new Uint8Array(1));
      sys.assert(n !== 1, 'it is too early');
      await sys.poll([], -1);
    };
    const { findings } = await checkAsync(program, { strategy: 'random' });
    // Executions with fewer preemptions were ended by the limit on steps.
    expect(findings).toMatchObject([{ kind: 'assertion', preemptions: 1, fewest: false }]);
  });

  test('are not taken for a loop of the kernel where a thread takes the last step', slow, () => {
    const program = function* (sys: Sys): Code<void> {
      fakeTime(sys).setInterval(() => {}, 10);
      const id = yield* sys.pthread_create((sys) => sys.nanosleep({ tv_sec: 1, tv_nsec: 0 }));
      yield* sys.pthread_join(id);
      yield* sys.poll([], -1);
    };
    const { findings } = check(program, { preemptions: 1, findings: 'all', executions: 1200 });
    expect(findings).toEqual([]);
  });

  /** A day of heartbeats, awaited in the end, is no loop without end. */
  test('are borne with for as long as they do something', async () => {
    const beats = await simulateAsync(async (sys) => {
      const time = fakeTime(sys);
      let beats = 0;
      await new Promise<void>((resolve) => {
        const timer = time.setInterval(() => {
          if (++beats < 86_400) return;
          time.clearInterval(timer);
          resolve();
        }, 1000);
      });
      return beats;
    });
    expect(beats).toBe(86_400);
  });

  test('are of whoever set them, in schedules', () => {
    const program = function* (sys: Sys): Code<void> {
      const time = fakeTime(sys);
      let beats = 0;
      time.setInterval(() => sys.assert(++beats < 3, 'two beats'), 10);
      yield* sys.poll([], -1);
    };
    const [finding] = check(program).findings;
    expect(finding?.schedule.match(/^timer of .*$/gm)).toEqual(
      Array(3).fill('timer of main: fire'),
    );
  });
});

describe('Fake clocks', () => {
  test('show the clocks of the machine', () => {
    const seen = simulate(function* (sys) {
      const time = fakeTime(sys);
      yield* sys.poll([], 1500);
      yield* sys.clock_settime(CLOCK_REALTIME, { tv_sec: 86_400, tv_nsec: 0 });
      return [
        time.performance.now(),
        time.Date.now(),
        new time.Date().toISOString(),
        new time.Date(5).getTime(),
        time.Date.UTC(1970, 0, 2),
        new time.Date() instanceof time.Date,
        new time.Date() instanceof Date,
        time.Date() === new Date(time.Date.now()).toString(),
      ];
    });
    expect(seen).toEqual([
      2500,
      86_400_000,
      '1970-01-02T00:00:00.000Z',
      5,
      86_400_000,
      true,
      true,
      true,
    ]);
  });

  test('are of a machine, or of a sys', () => {
    expect(() => fakeTime({} as never)).toThrow('fakeTime: expected a machine or a sys, found {}');
  });
});

describe('On globalThis', () => {
  const real = { Date, performance: performance.now, setImmediate, setTimeout };
  const isReal = (): boolean =>
    Object.entries({ Date, performance: performance.now, setImmediate, setTimeout }).every(
      ([name, value]) => value === real[name as keyof typeof real],
    );

  const program: AsyncProgram<number[]> = async (sys) => {
    const began = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    await new Promise((resolve) => setImmediate(resolve));
    sys.assert(performance.now() === Date.now(), 'both clocks show the same');
    return [began, Date.now()];
  };

  /** A set that is left there would make every later test of the file wait for a machine. */
  test('the set is there for the run, and gone afterwards, however that ends', async () => {
    expect(await simulateAsync(program, { fakeTime: true })).toEqual([1000, 6000]);
    expect(isReal()).toBe(true);
    const { complete, results } = await checkAsync(program, { fakeTime: true });
    expect(complete).toBe(true);
    expect([...results.keys()]).toEqual(['[1000,6000]']);
    expect(isReal()).toBe(true);
    const failing = simulateAsync(() => Promise.reject(new Error('no')), { fakeTime: true });
    await expect(failing).rejects.toThrow('no');
    expect(isReal()).toBe(true);
  });

  test('there is one set at a time', async () => {
    const undo = fakeTime(new Machine()).install();
    expect(isReal()).toBe(false);
    const refused = 'expected no fake time on globalThis, found one';
    await expect(simulateAsync(program, { fakeTime: true })).rejects.toThrow(refused);
    expect(() => fakeTime(new Machine()).install()).toThrow(refused);
    undo();
    expect(isReal()).toBe(true);
    const again = fakeTime(new Machine()).install();
    undo(); // It has been undone, and takes nobody else's away.
    expect(isReal()).toBe(false);
    again();
    expect(isReal()).toBe(true);
  });

  test('a machine of several programs has its set there by during()', async () => {
    const machine = new Machine();
    const spawned = spawnAsync(machine, program);
    await fakeTime(machine).during(() => runAsync(machine));
    expect(spawned.result).toEqual({ how: 'returned', value: [1000, 6000] });
    expect(isReal()).toBe(true);
  });
});

/** What is cut off in the middle of a call is never heard of again: thousands of them in a check. */
test('threads that sleep for ever are garbage when their machine is', async () => {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  let freed = 0;
  const registry = new FinalizationRegistry(() => freed++);
  const round = async (): Promise<void> => {
    const machine = new Machine();
    spawnAsync(machine, async (sys) => {
      const held = { of: 'the program' };
      registry.register(held, null);
      const ep = await sys.epoll_create1(0);
      await sys.epoll_ctl(ep, EPOLL_CTL_ADD, (await sys.pipe2(0))[0], { events: EPOLLIN });
      await sys.epoll_wait(ep, 1, -1);
      sys.assert(held, 'is kept');
    });
    expect((await runAsync(machine)).asleep).toHaveLength(1);
  };
  for (let i = 0; i < 20; i++) await round();
  simulate(function* () {}); // Nobody who ran last keeps the last machine.
  for (let i = 0; i < 20 && freed < 20; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(freed).toBe(20);
});
