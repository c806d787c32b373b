import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { entriesOf, readManifest } from '../scripts/entries.ts';
import { check } from '../src/check/check.ts';
import type * as Epollsim from '../src/index.ts';
import type * as Parse from '../src/scenario/parse.ts';
import { parseScenario } from '../src/scenario/parse.ts';
import type * as Play from '../src/scenario/play.ts';
import { Player } from '../src/scenario/play.ts';
import type * as Transcript from '../src/scenario/transcript.ts';
import { transcriptText } from '../src/scenario/transcript.ts';

const root = new URL('..', import.meta.url).pathname;
// Inside node_modules, so that what was built finds its packages.
const built = `${root}node_modules/.epollsim-build`;
const folder = new URL('../corpus/linux-6.18/', import.meta.url);

const linesOf = (file: string): string[] =>
  readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n');

const profiles = readdirSync(folder)
  .filter((file) => file.endsWith('.golden.ndjson'))
  .map((file) => file.replace('.golden.ndjson', ''))
  .filter((profile) => profile !== 'concurrent');

beforeAll(() => {
  // A relative path has to do as well.
  const path = relative(root, built);
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts', path], {
    cwd: root,
    stdio: 'pipe',
  });
}, 300_000);

/**
 * Whoever installs the package is bitten: what is built runs kernel code that the build has
 * rewritten for speed, and it must answer as the sources do, which is as Linux does.
 */
describe('What is built answers like Linux 6.18', () => {
  test.each(profiles)('in every scenario of %s', { timeout: 300_000 }, async (profile) => {
    const parse: typeof Parse = await import(`${built}/src/scenario/parse.js`);
    const play: typeof Play = await import(`${built}/src/scenario/play.js`);
    const transcript: typeof Transcript = await import(`${built}/src/scenario/transcript.js`);
    const played = linesOf(`${profile}.scenarios.ndjson`).map((line) => {
      const scenario = parse.parseScenario(JSON.parse(line));
      return transcript.transcriptText(new play.Player(scenario).play());
    });
    expect(played).toEqual(linesOf(`${profile}.golden.ndjson`));
  });
});

/**
 * Whoever installs the package and asks for an older kernel is bitten: its ready list is guarded by
 * another kind of lock, which the rewritten code has to take as well.
 */
test.each(['4.4', '4.20', '5.4', '5.7-rc4', '5.10', '6.12', '7.3'])(
  'What is built answers as the sources do for %s',
  { timeout: 60_000 },
  async (kernel) => {
    const fromBuilt: typeof Play = await import(`${built}/src/scenario/play.js`);
    for (const line of ['basic', 'nested', 'wakeups'].flatMap((profile) =>
      linesOf(`${profile}.scenarios.ndjson`),
    )) {
      const scenario = parseScenario(JSON.parse(line));
      const expected = transcriptText(new Player(scenario, { kernel }).play());
      const played = transcriptText(new fromBuilt.Player(scenario, { kernel }).play());
      expect(played).toBe(expected);
    }
  },
);

/** A schedule names steps: what one version takes in one go the other could not follow. */
test('What is built takes the steps of the sources, with somebody looking on and without', async () => {
  const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
  const { EPOLL_CTL_ADD, EPOLLIN } = epollsim;
  const program = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    yield* sys.pthread_create(function* (sys) {
      sys.assert((yield* sys.epoll_wait(ep, 1, 0)).length === 1, 'the event is found');
    });
    yield* sys.epoll_wait(ep, 1, 0);
    yield* sys.poll([], -1);
  };
  const [found] = epollsim.check(program).findings;
  const schedule = found?.schedule ?? 'none';

  expect(check(program as Parameters<typeof check>[0]).findings[0]?.schedule).toBe(schedule);
  // The checker looks on while it replays a schedule to tell its story.
  const replay = { strategy: 'replay', schedule } as const;
  expect(epollsim.check(program, replay).findings[0]?.story).toEqual(found?.story);
});

/**
 * Whoever installs the package and checks a program that waits by sched_yield(): the call sleeps and
 * goes on at once, and of what is built it may go straight.
 */
test.each([false, true])(
  'What is built checks calls that only give way as the sources do, shared memory %s',
  async (sharedMemory) => {
    const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
    const program = function* (sys: Epollsim.Sys): Epollsim.Code<number> {
      let turns = 0;
      const threads: number[] = [];
      for (let i = 0; i < 2; i++) {
        const yielding = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
          for (let j = 0; j < 2; j++) yield* sys.sched_yield();
          turns++;
        };
        threads.push(yield* sys.pthread_create(yielding));
      }
      for (const thread of threads) yield* sys.pthread_join(thread);
      return turns;
    };
    const options = { sharedMemory, executions: 300 };
    const { complete, executions, findings, results } = epollsim.check(program, options);
    const expected = check(program as Parameters<typeof check>[0], options);
    expect([complete, executions, findings, results]).toEqual([
      expected.complete,
      expected.executions,
      [],
      expected.results,
    ]);
  },
);

/**
 * Whoever installs the package and lets its kernel take liberties: a call that falls short in what is
 * built goes straight, and so has to tell of the rest.
 */
test('What is built takes the liberties of the sources, in calls that go straight, too', async () => {
  const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
  const { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM } = epollsim;
  const program = function* (sys: Epollsim.Sys): Epollsim.Code<string> {
    const [reader, writer] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
    const thread = yield* sys.pthread_create(function* (sys) {
      yield* sys.write(writer, 'abc');
    });
    const read = yield* sys.read(reader, new Uint8Array(8));
    const again = yield* sys.read(reader, new Uint8Array(8));
    yield* sys.pthread_join(thread);
    return `${read} ${again}`;
  };
  const options = { liberties: ['short-read', 'short-write'], maxLiberties: 1 } as const;
  const { complete, executions, findings, results } = epollsim.check(program, options);
  const expected = check(program as Parameters<typeof check>[0], options);
  expect([complete, executions, findings, results]).toEqual([
    true,
    expected.executions,
    [],
    expected.results,
  ]);
});

/**
 * Whoever looks at the machine from within a program, as the tasks of the lab do: what goes through a
 * list was taken for kernel code, and what is in it for operations.
 */
test('What is built can be looked at in the middle of a check', async () => {
  const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
  const { EPOLL_CTL_ADD, EPOLLIN, viewOf } = epollsim;
  const program = function* (sys: Epollsim.Sys): Epollsim.Code<unknown> {
    const event = yield* sys.eventfd2(1, 0);
    const ep = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
    return viewOf(sys.task.kernel).epolls.map(({ rdllist }) => rdllist.length);
  };
  const { findings, results } = epollsim.check(program);

  expect([findings, [...results]]).toEqual([[], [['[1]', 1]]]);
});

/**
 * Whoever looks a bug of a kernel up: in what is built it is found in a call that goes through, and
 * told step by step.
 */
test('What is built tells of a bug in the kernel as the sources do', async () => {
  const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
  const { EPOLL_CTL_ADD, EPOLLIN, simulate } = epollsim;
  const program = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
    const event = { events: EPOLLIN };
    const first = yield* sys.epoll_create1(0);
    const second = yield* sys.epoll_create1(0);
    yield* sys.epoll_ctl(first, EPOLL_CTL_ADD, yield* sys.eventfd2(1, 0), event);
    yield* sys.epoll_ctl(second, EPOLL_CTL_ADD, first, event);
    yield* sys.epoll_ctl(first, EPOLL_CTL_ADD, second, event);
  };
  const kernel = { kernel: '4.4', without: ['22bacca48a17'] };
  const options = { ...kernel, sharedMemory: false };
  const { findings } = epollsim.check(program, options);

  const [expected] = check(program as Parameters<typeof check>[0], options).findings;
  expect(expected?.kind).toBe('lockdep');
  expect(findings).toEqual([expected]);
  let backtrace: readonly string[] = [];
  try {
    simulate(program, kernel);
  } catch (error) {
    backtrace = (error as { backtrace: readonly string[] }).backtrace;
  }
  const called = `in ${backtrace.join(' < ')}`;
  expect(called).toBe(`${expected?.details[0]} < sys_epoll_ctl`); // Which has returned in the sources.
});

/**
 * Whoever checks a program that goes another way each time: the schedule says so in the middle of a
 * call, and in one that goes straight it was said that the kernel is broken.
 */
test('What is built throws what a schedule throws, in calls that go straight, too', async () => {
  const { Machine, EPOLL_CTL_ADD }: typeof Epollsim = await import(`${built}/src/index.js`);
  const runUntil = (last: number): unknown => {
    let asked = 0;
    const choose = (): number => {
      if (++asked === last) throw new Error('it is enough');
      return 0;
    };
    const schedule = { exact: true, runsOn: false, goesThrough: () => true, choose };
    const machine = new Machine({ schedule });
    machine.spawn(function* (sys) {
      const event = yield* sys.eventfd2(1, 0);
      yield* sys.epoll_ctl(yield* sys.epoll_create1(0), EPOLL_CTL_ADD, event, { events: 1 });
    });
    return machine.run();
  };
  for (let last = 1; last <= 10; last++) expect(() => runUntil(last)).toThrow('it is enough');
});

/** Whoever installs the package and has a C compiler, but no source to compile. */
test('The source of the player lies beside what is built', () => {
  const player = readFileSync(`${built}/conformance/linux/player.c`, 'utf8');
  expect(player).toBe(readFileSync(`${root}conformance/linux/player.c`, 'utf8'));
});

/** Whoever has the package and no checkout; and a student who looks for the solutions there. */
test('The tasks of the lab are built, where the site will not be in the way, and no solutions', () => {
  const files = readdirSync(`${built}/lab-tasks`, { recursive: true, encoding: 'utf8' });

  expect(files.filter((path) => /\d\d\/task\.js$/.test(path)).length).toBe(14);
  expect(files).toEqual(expect.arrayContaining(['tasks/index.js', 'model/progress.js']));
  expect(files.filter((path) => /solution|wrong|starter|\.d\.ts$/.test(path))).toEqual([]);
  expect(readdirSync(built)).not.toContain('lab');
});

/** Whoever hovers over EPOLLRDHUP in an editor, and has nothing but what is installed. */
test('The types that are built say of each constant what it means', () => {
  const folder = `${built}/src/kernel/uapi/`;
  const silent: string[] = [];
  let constants = 0;
  for (const file of readdirSync(folder).filter((path) => /(?<!index|names)\.d\.ts$/.test(path))) {
    const lines = readFileSync(folder + file, 'utf8').split('\n');
    for (const [i, line] of lines.entries()) {
      if (!line.startsWith('export declare const')) continue;
      constants++;
      if (lines[i - 1]?.endsWith('*/') !== true) silent.push(`${file}: ${line}`);
    }
  }
  expect(silent).toEqual([]);
  expect(constants).toBeGreaterThan(700);
  expect(readFileSync(`${built}/src/syscalls/sys.d.ts`, 'utf8')).toContain('* epoll_wait(2): ');
});

/** Whoever types `machine.` and is offered what only kernel code calls. */
test('The types that are built do not show what of a machine is for the kernel alone', () => {
  const types = readFileSync(`${built}/src/sim/machine.d.ts`, 'utf8');
  expect(types).not.toMatch(/\b(?:steps|stepOn|goesThrough|wentThrough)\b[:(]|Stepper/);
});

const entries = entriesOf(readManifest()).filter(({ host, source }) => source && host !== 'vitest');

/** Whoever uses two entries, and asks whether an error from one is the class that the other has. */
test('A class that several modules of the package hand on is one class', {
  timeout: 60_000,
}, async () => {
  const index = (await import(`${built}/src/index.js`)) as Record<string, unknown>;
  const modules = readdirSync(`${built}/src`, { recursive: true, encoding: 'utf8' }).filter(
    // The command's are programs; of the core files the names mean nothing.
    (path) => path.endsWith('.js') && !/^(cli|vitest)\/|core\.js$/.test(path),
  );
  expect(modules).toContain('export/artefact.js');
  const copies: string[] = [];
  for (const path of modules) {
    const module = (await import(`${built}/src/${path}`)) as Record<string, unknown>;
    const isClass = (name: string): boolean => /^class\b/.test(String(index[name]));
    const isCopy = (name: string): boolean => isClass(name) && module[name] !== index[name];
    copies.push(
      ...Object.keys(module)
        .filter(isCopy)
        .map((name) => `${path}: ${name}`),
    );
  }
  expect(copies).toEqual([]);
});

/** Whoever has not left CommonJS: a top-level await anywhere behind an entry would end it. */
test.each(entries)(
  '$name is had by require() too, and is what import gives',
  { timeout: 60_000 },
  ({ file }) => {
    const path = JSON.stringify(file.replace('./dist', built));
    const script = `const had = require(${path});
    import(${path}).then((module) => {
      const other = Object.keys(module).filter((name) => module[name] !== had[name]);
      console.log(Object.keys(module).length > 0, other);
    });`;
    const printed = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(printed).toBe('true []\n');
  },
);

/** Whoever loads the package, half of whose files would be types of a command that nobody imports. */
test('Types that no entry leads to are left out, and the others are there', () => {
  const types = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.d.ts'),
  );
  expect(types).toEqual(expect.arrayContaining(['src/index.d.ts', 'src/sim/machine.d.ts']));
  expect(types.filter((path) => /^(bin|conformance|src\/cli)\//.test(path))).toEqual([]);
});

/** Speed is bitten: without twins every call pays for generators, several times its own cost. */
test('A kernel function has a straight twin in what is built', () => {
  const core = readFileSync(`${built}/src/kernel/core.js`, 'utf8');
  expect(core).toContain('function ep_send_events$now(');
});

/** Of what is built, epoll_wait() looks before it waits; whoever is alone has to sleep all the same. */
test('epoll_wait of a single task tells of what is there, and waits for what is not', async () => {
  const { EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLLIN, simulate }: typeof Epollsim = await import(
    `${built}/src/index.js`
  );
  const value = simulate(function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const event = yield* sys.eventfd2(1, EFD_NONBLOCK);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN, data: 7 });
    const there = yield* sys.epoll_wait(ep, 4, -1);
    yield* sys.read(event, new Uint8Array(8));
    const before = sys.task.kernel.hrtimers.now_ns;
    const late = yield* sys.epoll_wait(ep, 4, 5);
    const waited = sys.task.kernel.hrtimers.now_ns - before;
    const timer = yield* sys.timerfd_create(1, 0);
    yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, timer, { events: EPOLLIN, data: 8 });
    const span = { tv_sec: 1, tv_nsec: 0 };
    yield* sys.timerfd_settime(timer, 0, {
      it_interval: { tv_sec: 0, tv_nsec: 0 },
      it_value: span,
    });
    const rung = yield* sys.epoll_wait(ep, 4, -1);
    return [there.ret, there[0]?.data, late.ret, waited, rung.ret, rung[0]?.data];
  });
  expect(value).toEqual([1, 7, 0, 5_000_000, 1, 8]);
});

/** How a pair that waits is made, the reading end first. */
type Connect = (
  sys: Epollsim.Sys,
  { AF_INET, AF_UNIX, SOCK_STREAM }: typeof Epollsim,
) => Epollsim.Code<readonly [number, number]>;

const pairs: ReadonlyMap<string, Connect> = new Map<string, Connect>([
  ['a pipe', (sys) => sys.pipe2(0)],
  ['a unix pair', (sys, { AF_UNIX, SOCK_STREAM }) => sys.socketpair(AF_UNIX, SOCK_STREAM)],
  [
    'an eventfd',
    function* (sys) {
      const event = yield* sys.eventfd2(0, 0);
      return [event, event] as const;
    },
  ],
  [
    'a TCP connection',
    function* (sys, { AF_INET, SOCK_STREAM }) {
      const address = { family: AF_INET, addr: 0x7f00_0001, port: 80 };
      const listener = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.bind(listener, address);
      yield* sys.listen(listener, 1);
      const writer = yield* sys.socket(AF_INET, SOCK_STREAM);
      yield* sys.connect(writer, address);
      return [yield* sys.accept4(listener, 0), writer] as const;
    },
  ],
]);

/**
 * Whoever uses descriptors that wait: what is there, and what there is room for, is had in one go;
 * what is not is waited for, and no call is begun that cannot be ended.
 */
describe.each([...pairs])('What is built waits as the sources do, on %s', (_, connect) => {
  test.each([1, 8, 300, 5_000, 70_000])('of %i bytes', async (bytes) => {
    const run = (epollsim: typeof Epollsim, reads: boolean): readonly unknown[] => {
      const answers: number[] = [];
      const machine = new epollsim.Machine();
      machine.spawn(function* (sys) {
        const [reader, writer] = yield* connect(sys, epollsim);
        const bufs = [
          new Uint8Array(bytes).fill(1),
          new Uint8Array((bytes + 1) >> 1),
          new Uint8Array(bytes),
        ];
        for (let i = 0; i < 3; i++) answers.push(yield* sys.write(writer, bufs[0] as Uint8Array));
        while (reads && answers.length < 3_000)
          answers.push(yield* sys.read(reader, bufs[1 + (answers.length % 2)] as Uint8Array));
        while (answers.length < 3_000)
          answers.push(yield* sys.write(writer, bufs[0] as Uint8Array));
      });
      return [machine.run().asleep, answers];
    };
    const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
    const sources = (await import('../src/index.ts')) as unknown as typeof Epollsim;

    for (const reads of [true, false]) expect(run(epollsim, reads)).toEqual(run(sources, reads));
  });
});

/**
 * recv(2) with a length of 0 and MSG_PEEK, and data in front of an urgent byte, spins on Linux too.
 * In what is built neither this nor a loop of calls that cannot sleep comes back to the machine.
 */
test.each(['in the kernel', 'in a program'])(
  'What spins %s is ended in what is built',
  async (where) => {
    const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
    const { AF_UNIX, MSG_OOB, MSG_PEEK, SOCK_STREAM } = epollsim;
    const program = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
      const ep = yield* sys.epoll_create1(0);
      while (where === 'in a program') yield* sys.epoll_wait(ep, 1, 0);
      const [a, b] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      yield* sys.send(b, 'ab', 0);
      yield* sys.send(b, 'c', MSG_OOB);
      yield* sys.recv(a, new Uint8Array(0), MSG_PEEK);
    };
    expect(() => epollsim.simulate(program, { maxSteps: 5000 })).toThrow('no rest after 5000');
  },
);

/** The built calls take other ways than those of the sources: in one go, and filling memory in. */
test('A call without its star is found in what is built, one that is entered late is none', async () => {
  const epollsim: typeof Epollsim = await import(`${built}/src/index.js`);
  const { EPOLL_CTL_ADD, simulate } = epollsim;
  const program = (forgets: boolean) =>
    function* (sys: Epollsim.Sys): Epollsim.Code<number> {
      const ep = yield* sys.epoll_create1(0);
      const efd = yield* sys.eventfd2(1, 0);
      const add = sys.epoll_ctl(ep, EPOLL_CTL_ADD, efd, { events: 1 });
      const wait = sys.epoll_wait(ep, 1, 0);
      if (!forgets) yield* add;
      return (yield* wait).ret;
    };
  expect(simulate(program(false))).toBe(1);
  expect(() => simulate(program(true))).toThrow('main: sys.epoll_ctl(…) was called without');
  const twice = function* (sys: Epollsim.Sys): Epollsim.Code<void> {
    const wait = sys.epoll_wait(yield* sys.epoll_create1(0), 1, 0);
    for (let i = 0; i < 2; i++) yield* wait;
  };
  expect(() => simulate(twice)).toThrow('main: a call can be entered once');
});
