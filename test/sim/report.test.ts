import { describe, expect, test } from 'vitest';
import {
  AF_UNIX,
  CLOCK_MONOTONIC,
  type Code,
  Machine,
  MSG_OOB,
  MSG_PEEK,
  O_NONBLOCK,
  OutOfSteps,
  type Program,
  runTraced,
  SIGPIPE,
  SOCK_STREAM,
  Strace,
  type Sys,
  simulate,
} from '../../src/index.ts';

const aSecond = { tv_sec: 1, tv_nsec: 0 };

describe('the report of a run', () => {
  /** A test of an event loop wants to know what the loop returned, and nothing else. */
  test('has what each program returned, in the order of spawn()', () => {
    const machine = new Machine();
    const sleepy = machine.spawn(function* (sys) {
      yield* sys.nanosleep(aSecond);
      return 'late';
    });
    machine.spawn(function* () {
      return 7;
    });

    const { programs, asleep } = machine.run();

    expect(programs.map(({ result }) => result)).toEqual([
      { how: 'returned', value: 'late' },
      { how: 'returned', value: 7 },
    ]);
    expect(sleepy.result).toBe(programs[0]?.result);
    expect(asleep).toEqual([]);
  });

  /** A test that checks the wrong program's error passes for the wrong reason. */
  test('run() throws what a program throws, and the program has it as its result', () => {
    const machine = new Machine();
    const error = new Error('oops');
    const bad = machine.spawn(function* (sys) {
      yield* sys.getpid();
      throw error;
    });
    const other = machine.spawn(function* (sys) {
      yield* sys.nanosleep(aSecond);
    });

    expect(() => machine.run()).toThrow(error);
    expect(bad.result).toEqual({ how: 'threw', error });
    expect(other.result).toBeNull();
  });

  /** exit(3) and signal(7) end a program in the middle; it returns nothing. */
  test('a program that exits has its status as its result, one that is killed the signal', () => {
    const machine = new Machine();
    const exits = machine.spawn(function* (sys) {
      yield* sys.exit_group(3);
    });
    const killed = machine.spawn(function* (sys) {
      const [r, w] = yield* sys.pipe2(0);
      yield* sys.close(r);
      yield* sys.write(w, 'x');
    });

    machine.run();

    expect(exits.result).toEqual({ how: 'exited', status: 3 });
    expect(killed.result).toEqual({ how: 'killed', signo: SIGPIPE });
  });

  /** A lost wakeup shows as a thread that never comes back: who, in which call, since when. */
  test('names who sleeps for ever, the call, and since when', () => {
    const machine = new Machine();
    machine.spawn(function* (sys) {
      const tid = yield* sys.pthread_create(function* (sys) {
        const ep = yield* sys.epoll_create1(0);
        yield* sys.nanosleep(aSecond);
        yield* sys.epoll_wait(ep, 1, -1);
      });
      yield* sys.pthread_join(tid);
    }, 'server');

    expect(machine.run().asleep).toEqual([
      { name: 'server', pid: 1001, call: 'futex', at: 'schedule', since_ns: 1_000_000_000 },
      { name: 't1', pid: 1002, call: 'epoll_wait', at: 'schedule', since_ns: 2_000_000_000 },
    ]);
  });

  /** signal(7): a handler makes calls of its own; the one that it interrupted goes on afterwards. */
  test('a call that a handler interrupted and that was made anew is the one that sleeps', () => {
    const machine = new Machine();
    machine.spawn(function* (sys) {
      yield* sys.sigaction(10, {
        *handler(): Code<void> {
          yield* sys.getpid();
        },
        flags: 0x10000000, // SA_RESTART
      });
      const pid = yield* sys.getpid();
      yield* sys.pthread_create(function* (sys) {
        yield* sys.tgkill(pid, pid, 10);
        yield* sys.nanosleep(aSecond);
      });
      const [r] = yield* sys.pipe2(0);
      yield* sys.read(r, new Uint8Array(1));
    });

    expect(machine.run().asleep).toMatchObject([{ name: 'main', call: 'read' }]);
  });
});

describe('simulate()', () => {
  /** What a test of an event loop is made of. */
  test('gives back what the program returned', () => {
    expect(
      simulate(function* (sys) {
        return yield* sys.epoll_create1(0);
      }),
    ).toBe(3);
  });

  /** A loop that never wakes up must fail its test, not pass with undefined. */
  test('throws where the program sleeps for ever, and says where', () => {
    const sleeps: Program = function* (sys) {
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
    };

    expect(() => simulate(sleeps)).toThrow('the program never ends: main sleeps in epoll_wait');
  });

  /** The same for a program that leaves by exit(3). */
  test('throws where the program exits before it returns', () => {
    const exits: Program = (sys) => sys.exit_group(2);

    expect(() => simulate(exits)).toThrow('returned nothing: it ended with status 2');
  });
});

/** recv(2) with a length of 0 and MSG_PEEK, and data in front of an urgent byte: Linux spins too. */
function* spinsInKernel(sys: Sys): Code<void> {
  const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
  yield* sys.send(b, 'ab', 0);
  yield* sys.send(b, 'c', MSG_OOB);
  yield* sys.recv(a, new Uint8Array(0), MSG_PEEK);
}

function* spinsInItsCode(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (;;) yield* sys.epoll_wait(ep, 1, 0);
}

/** As servers do that must not die of one bad connection. */
const catchesAll = (body: Program): Program =>
  function* (sys) {
    for (;;) {
      try {
        yield* body(sys);
      } catch {}
    }
  };

function* failsToWait(sys: Sys): Code<void> {
  yield* sys.epoll_wait(99, 1, -1);
}

/** Wakes up every 10 ms, for ever; no call of it spins. */
function* neverRests(sys: Sys): Code<void> {
  const ep = yield* sys.epoll_create1(0);
  for (;;) yield* sys.epoll_wait(ep, 1, 10);
}

/** Somebody who sleeps, so that no operation is carried out on the spot. */
const inCompany = (program: Program): Program =>
  function* (sys) {
    yield* sys.pthread_create(function* (sys) {
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, -1);
    });
    yield* program(sys);
  };

describe('maxSteps', () => {
  /** Whoever tests an event loop by property finds every way to spin; the run has to come back. */
  test.each([
    [
      'in the kernel',
      spinsInKernel,
      /main is in recvfrom > unix_stream_read_generic > .*raise max/,
    ],
    ['in its code', spinsInItsCode, /no rest after 5000 steps: main is in its own code/],
    ['over timers', neverRests, /no rest after 5000 steps: main is in /],
    ['and catches what ends it', catchesAll(failsToWait), /no rest after 5000 steps: main is in /],
    ['in the kernel and catches that', catchesAll(spinsInKernel), /main is in recvfrom > /],
  ])(
    'ends a program that spins %s, alone and in company, and says where',
    (_, program, message) => {
      for (const each of [program, inCompany(program)]) {
        const machine = new Machine({ maxSteps: 5000 });
        machine.spawn(each);

        expect(() => machine.run()).toThrow(OutOfSteps);
        const again = new Machine({ maxSteps: 5000 });
        again.spawn(each);
        expect(() => again.run()).toThrow(message);
      }
    },
  );

  /** Virtual time: what ends on Linux after a second goes on for ever, and "in its own code" led astray. */
  test.each<[string, RegExp, Program]>([
    [
      'reads a clock',
      /and the clock stands still while it runs \(since it moved last, clocks were read \d+ times\): let the loop sleep/,
      function* (sys) {
        while ((yield* sys.clock_gettime(CLOCK_MONOTONIC)).tv_sec < 2);
      },
    ],
    [
      'polls, and reads a clock',
      /since it moved last, \d+ polls had a timeout of 0, and clocks were read \d+ times\): let/,
      function* (sys) {
        const ep = yield* sys.epoll_create1(0);
        while ((yield* sys.clock_gettime(CLOCK_MONOTONIC)).tv_sec < 2) {
          yield* sys.epoll_wait(ep, 1, 0);
          yield* sys.epoll_pwait2(ep, 1, { tv_sec: 0, tv_nsec: 0 });
          yield* sys.poll([], 0);
        }
      },
    ],
    [
      'tries until a thread that sleeps has written',
      /main is in .*, and the clock stands still while it runs, so that no timer fires: let the loop sleep \(a timeout above 0, nanosleep, a timerfd\)\. If that is/,
      function* (sys) {
        const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
        yield* sys.pthread_create(function* (sys) {
          yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 1000 });
          yield* sys.write(writer, 'x');
        });
        yield* sys.sched_yield();
        while ((yield* sys.read(reader, new Uint8Array(1))) < 0);
      },
    ],
  ])('says of a loop that %s what it waits for in vain, and what to do', (_, message, program) => {
    expect(() => simulate(program, { maxSteps: 5000, cpus: 1 })).toThrow(message);
  });

  test('says so of no loop that sleeps, nor of one that has not asked for long', () => {
    const sleeps: Program = function* (sys) {
      const ep = yield* sys.epoll_create1(0);
      for (;;) {
        yield* sys.epoll_wait(ep, 1, 0);
        yield* sys.clock_gettime(CLOCK_MONOTONIC);
        yield* sys.epoll_wait(ep, 1, 5);
      }
    };
    const counts: Program = function* (sys) {
      yield* sys.epoll_wait(yield* sys.epoll_create1(0), 1, 0);
      for (;;) yield* sys.getpid();
    };
    for (const program of [sleeps, counts]) {
      expect(() => simulate(program, { maxSteps: 5000 })).toThrow(/^(?!.*stands still).*no rest/);
    }
  });

  /** On seed 0 a thread runs until it sleeps. */
  test('names those that could have gone on meanwhile', () => {
    const program: Program = function* (sys) {
      const [reader, writer] = yield* sys.pipe2(O_NONBLOCK);
      yield* sys.pthread_create((sys) => sys.write(writer, 'x'));
      while ((yield* sys.read(reader, new Uint8Array(1))) < 0);
    };
    expect(() => simulate(program, { maxSteps: 5000 })).toThrow(', while t1 could go on');
  });

  /** With a listener other paths are taken; a trace of what spins is what one wants to look at. */
  test('holds under a tracer, which hears nothing of where it ends', () => {
    let text = '';
    const machine = new Machine({ maxSteps: 1000 });
    machine.spawn(spinsInKernel);

    expect(() => runTraced(machine, new Strace((piece) => void (text += piece)))).toThrow(
      OutOfSteps,
    );
    expect(text).toMatch(/recvfrom\(3, .*<unfinished \.\.\.>/);
  });

  /** A machine that is used again and again does not get tired. */
  test('is for each run() anew', () => {
    const machine = new Machine({ maxSteps: 300 });
    for (let i = 0; i < 20; i++) {
      const { result } = machine.spawn(function* (sys) {
        for (let j = 0; j < 50; j++) yield* sys.getpid();
      });
      expect(result).toBeNull();
      machine.run();
    }

    expect(machine.run().programs.every(({ result }) => result?.how === 'returned')).toBe(true);
  });

  /** More than a small integer holds is granted in parts. */
  test('of infinity is no bound', () => {
    const machine = new Machine({ maxSteps: Number.POSITIVE_INFINITY });
    machine.spawn(function* (sys) {
      machine.kernel.stepsLeft = 3; // Most of the first part is used up.
      for (let i = 0; i < 100; i++) yield* sys.getpid();
    });

    expect(machine.run().programs[0]?.result?.how).toBe('returned');
  });

  /** 0 for "no bound" would be a run that does nothing. */
  test.each([0, -1, Number.NaN])('cannot be %d', (maxSteps) => {
    expect(() => new Machine({ maxSteps })).toThrow(`expected 1 or more, found ${maxSteps}`);
  });
});

/** `yield sys.read(…)` looks right and does nothing; the thread would seem to sleep for ever. */
test('a yield without its star is refused, and the thread is named', () => {
  const machine = new Machine();
  machine.spawn(function* (sys) {
    yield sys.getpid() as never;
  }, 'loop');

  expect(() => machine.run()).toThrow(
    'loop: expected "yield* sys.call(…)", found "yield" of a call',
  );
});
