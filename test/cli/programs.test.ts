import { writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { shownPath } from '../../src/cli/stack.ts';
import { endOf, epollsim, fileWith, lines, slow, startEpollsim } from './run.ts';

/** A program that ends well, in TypeScript that no JavaScript engine takes. */
const good = `
import { EPOLLIN, EPOLL_CTL_ADD, Sys, type Code } from 'epollsim';

export default function* main(sys: Sys): Code<void> {
  sys.assert(sys instanceof Sys, 'epollsim is the one that runs the program');
  const ep: number = yield* sys.epoll_create1(0);
  const ev: number = yield* sys.eventfd2(1, 0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, ev, { events: EPOLLIN, data: 7 });
  yield* sys.epoll_wait(ep, 8, 0);
}
`;

/**
 * In an empty folder there is no epollsim to import but the one that runs; a second copy of it
 * would have classes of its own, and its machines would not know their threads.
 */
test(
  'a program in TypeScript, outside of any package, imports the epollsim that runs it',
  slow,
  () => {
    const { code, out, err } = epollsim(['play', fileWith(good, 'good.ts')]);

    expect(err).toBe('epollsim: seed 0: each thread runs until it sleeps\n');
    expect(JSON.parse(out)).toMatchObject({
      results: [
        { thread: 'main', call: 'epoll_create1', ret: 3 },
        { call: 'eventfd2', ret: 4 },
        { call: 'epoll_ctl', ret: 0 },
        { call: 'epoll_wait', ret: 1, events: [{ events: 'EPOLLIN', data: 7 }] },
      ],
      blocked: [],
    });
    expect(code).toBe(0);
  },
);

/** A name says nothing: scenarios are kept in files of any name, and piped. */
test('what a file is shows in its content, not in its name', slow, () => {
  const scenario = fileWith('\n {"name":"s","steps":[{"call":"epoll_create1","args":{}}]}', 's.ts');
  const program = fileWith(good, 'good.json');

  const { code, out } = epollsim(['play', scenario, program, '-'], good);

  const [first, ...others] = lines(out).map((line) => JSON.parse(line) as object);
  expect(first).toEqual({ name: 's', results: [{ step: 0, ret: 3 }], blocked: [] });
  expect(others).toMatchObject([
    { name: program, blocked: [] },
    { name: null, blocked: [] },
  ]);
  expect(code).toBe(0);
});

/** A lost wakeup in a program ends here; the message has to say which thread sleeps on what. */
test('threads that sleep for ever are named, each with its call and its queue', slow, () => {
  const { code, err } = epollsim([
    'play',
    fileWith(`
      export default function* main(sys) {
        const ep = yield* sys.epoll_create1(0);
        const tid = yield* sys.pthread_create(function* (sys) {
          yield* sys.epoll_wait(ep, 1, -1);
        });
        yield* sys.pthread_join(tid);
      }`),
  ]);

  expect(lines(err).slice(1)).toEqual([
    expect.stringContaining('every thread that is left sleeps for ever'),
    'epollsim:   main (1001) sleeps in futex, on t1->exited',
    'epollsim:   t1 (1002) sleeps in epoll_wait, on ep3->wq',
  ]);
  expect(code).toBe(1);
});

/** A program, with what comes behind its first call. */
const failing = (statement: string): string =>
  fileWith(`
    import { KernelBug } from 'epollsim';
    export default function* main(sys) { yield* sys.getpid(); ${statement} }`);

/** A suite of programs runs in a loop: each failure has to be told, and told apart. */
test(
  'a program that throws, breaks a promise or hits a kernel bug is said to, each in its words',
  slow,
  () => {
    const { code, err } = epollsim([
      'play',
      failing("throw new TypeError('oops');"),
      failing("sys.assert(1 > 2, 'order');"),
      failing("throw new KernelBug('BUG', 'list');"),
    ]);

    const place = expect.stringMatching(/^epollsim: {3}at main \(.*\/file:3:\d+\)$/) as string;
    expect(lines(err).map((line) => line.replace(/^.*?: (.*?: )?(?=the|ass|ker)/, ''))).toEqual([
      expect.stringContaining('seed 0'),
      'the program threw TypeError: oops',
      place,
      'assertion failed in main: order',
      place,
      'kernel bug: BUG: list',
      'epollsim:   in main',
      place,
    ]);
    expect(code).toBe(1);
  },
);

/** An error in a helper is looked for there; the simulator's own frames would hide it. */
test('an error is followed by its places in the files of the user, innermost first', slow, () => {
  const path = fileWith(
    "export function* ask(sys) {\n  yield* sys.getpid();\n  throw new Error('late');\n}",
    'helper.js',
  );
  const program = fileWith(
    `import { ask } from '${path}';\nexport default function* main(sys) {\n  yield* ask(sys);\n}`,
    'program.js',
  );

  const { err } = epollsim(['play', program]);

  expect(lines(err).slice(1)).toEqual([
    `epollsim: ${program}: the program threw Error: late`,
    `epollsim:   at ask (${path}:3:9)`,
    `epollsim:   at main (${program}:3:10)`,
  ]);
});

/** In a terminal a relative path can be clicked on, and it fits into the line. */
test('a place is given relative to the working folder', slow, () => {
  const { err } = epollsim(['play', '--seed', '2', 'examples/false-negative.ts']);

  expect(lines(err)[2]).toMatch(/^epollsim: {3}at \S+ \(examples\/false-negative\.ts:\d+:\d+\)$/);
});

/** A loop that never sleeps is the most common bug of an event loop; the tool must come back. */
test('a program that loops for ever is ended, and where it was is said', slow, () => {
  const loop = `
    export default function* main(sys) {
      const ep = yield* sys.epoll_create1(0);
      for (;;) yield* sys.epoll_wait(ep, 1, 0);
    }`;

  const { code, err } = epollsim(['play', '--max-steps', '1000', '-'], loop);

  expect(lines(err).slice(1)).toEqual([
    'epollsim: standard input: no rest after 1000 steps: main is in its own code, and the clock ' +
      'stands still while it runs (since it moved last, 998 polls had a timeout of 0): let the loop ' +
      'sleep (a timeout above 0, nanosleep, a timerfd). If that is no loop without end, raise ' +
      'maxSteps (--max-steps)',
    expect.stringContaining('  at main (standard input:4:'),
  ]);
  expect(code).toBe(1);
});

/** `epollsim play loop.ts | jq`: the whole of a million calls, and then what was wrong with them. */
test('of what a loop without end prints the middle is left out', slow, () => {
  const loop = 'export default function* main(sys) { for (;;) yield* sys.getpid(); }';

  const { out } = epollsim(['play', '--max-steps', '100000', '-'], loop);
  const { results, error } = JSON.parse(out) as { results: object[]; error: string };

  expect(out.length).toBeLessThan(1_100_000);
  const [note, ...others] = results.filter((result) => 'leftOut' in result);
  expect(others).toEqual([]);
  expect((note as { leftOut: number }).leftOut + results.length).toBeGreaterThan(99_990);
  expect(error).toContain('no rest after 100000 steps');
});

/** One that ends is written down as a whole, however long it is. */
test('nothing is left out of a long program that ends', slow, () => {
  const long =
    'export default function* main(sys) { for (let i = 0; i < 50_000; i++) yield* sys.getpid(); }';

  const { out } = epollsim(['play', '-'], long);

  expect((JSON.parse(out) as { results: object[] }).results).toHaveLength(50_000);
});

/** `epollsim play program.ts | jq`: a line of another kind ends it. */
test('what a program prints goes to standard error', slow, () => {
  const program = fileWith(`
    console.log('loaded');
    export default function* main(sys) {
      console.log('played');
      process.stdout.write('written\\n');
      yield* sys.getpid();
    }`);

  const { out, err } = epollsim(['play', program]);

  expect(JSON.parse(out)).toMatchObject({ results: [{ call: 'getpid' }] });
  expect(lines(err).slice(1)).toEqual(['loaded', 'played', 'written']);
});

/** A path that leads out of the folder and into another one is longer than the whole path. */
test('a place outside of the working folder is given as a whole', () => {
  expect(shownPath(resolve('examples/x.ts'))).toBe('examples/x.ts');
  expect(shownPath(resolve('../x.ts'))).toBe(resolve('../x.ts'));
  expect(shownPath(resolve('..x.ts'))).toBe('..x.ts');
});

/** What the text is not is no help; what was expected is. */
test('a file that is no program is refused, and the reason is said', slow, () => {
  const { code, err } = epollsim([
    'play',
    fileWith('export const x = 1;'),
    fileWith('\n\nexport default async function* main() {}'),
    fileWith('export default function* main(sys { }'),
    fileWith("import 'no-such-package';"),
    fileWith("\nthrow new Error('early');", 'early.js'),
    fileWith('export default function main() {}'),
  ]);

  expect(lines(err).slice(1)).toEqual([
    expect.stringContaining('or an async function, found no default export; it exports x by name'),
    expect.stringMatching(/file:3: expected .*, found the async generator function main$/),
    expect.stringMatching(/cannot be loaded: .*Expected "\)" but found "\{"/),
    expect.stringContaining("Cannot find package 'no-such-package'"),
    expect.stringContaining('cannot be loaded: Error: early'),
    expect.stringMatching(/at .*early\.js:2:7$/),
    expect.stringContaining('or an async function, found a function that gives undefined'),
  ]);
  expect(code).toBe(2);
});

/** How a verb is given a program. */
const verbs: readonly (readonly [string, (file: string) => string[]])[] = [
  ['play', (file) => ['play', file]],
  ['check', (file) => ['check', file]],
  ['check --herd', (file) => ['check', '--herd', file]],
  ['why', (file) => ['why', '--step', '0', file]],
  ['export --to link', (file) => ['export', '--to', 'link', file]],
  ['export --to test', (file) => ['export', '--to', 'test', file]],
];

/** A script that exports what is empty, and a person who is told of a bug where there is no program. */
test.concurrent.each(verbs)(
  '%s refuses what exports no program with exit code 2, and says what it found and where',
  slow,
  async (_, argsFor) => {
    const expected = 'expected "export default function* main(sys)" or an async function, found';
    const files = [
      [fileWith('', 'empty.ts'), '', 'an empty file'],
      [fileWith("import 'epollsim';\nexport default 5;", 'number.ts'), ':2', 'export default 5'],
      [fileWith('export default class Main {}', 'class.ts'), ':1', 'the class Main'],
      [
        fileWith('export function* main() {}', 'named.ts'),
        '',
        'no default export; it exports main by name',
      ],
    ] as const;
    for (const [file, line, found] of files) {
      const { err, how } = await endOf(startEpollsim(argsFor(file)));
      expect(lines(err).at(-1)).toBe(`epollsim: ${file}${line}: ${expected} ${found}`);
      expect(how).toBe(2);
    }
  },
);

/** A plain function may give a generator; that it gives none shows when it runs, to the checker too. */
test.concurrent.each(verbs.filter(([verb]) => verb !== 'export --to link'))(
  '%s refuses a function that gives no generator, with exit code 2',
  slow,
  async (_, argsFor) => {
    const file = fileWith('export default function main() { return 5; }', 'plain.ts');
    const { err, how } = await endOf(startEpollsim(argsFor(file)));
    expect(lines(err).at(-1)).toMatch(/plain\.ts:1: expected .*, found a function that gives 5$/);
    expect(how).toBe(2);
  },
);

const counting = `function* main(sys) {
  if (!(sys instanceof Sys)) throw new Error('another epollsim');
  yield* sys.getpid();
}`;

/** Whoever has typed `npm init -y`, which says "commonjs", and writes what they have always written. */
test.concurrent.each([
  ['a .cjs file', 'p.cjs', `const { Sys } = require('epollsim'); module.exports = ${counting}`],
  [
    'a .js file that says require',
    'p.js',
    `const { Sys } = require('epollsim');\nmodule.exports = ${counting}`,
  ],
  [
    'one that exports it by name',
    'p.cjs',
    `const { Sys } = require('epollsim'); exports.default = ${counting}`,
  ],
  [
    'a .cts file',
    'p.cts',
    `import epollsim = require('epollsim');\nconst { Sys } = epollsim;\nexport = ${counting}`,
  ],
  [
    'a .cts file that exports a default',
    'p.cts',
    `import { Sys } from 'epollsim';\nexport default ${counting}`,
  ],
  [
    'a file of any name',
    'program',
    `const { Sys } = require('epollsim');\nmodule.exports = ${counting}`,
  ],
  [
    'a .js file that says import',
    'p.js',
    `import { Sys } from 'epollsim';\nexport default ${counting}`,
  ],
])('%s is a program, whatever the package around it says', slow, async (_, name, text) => {
  const path = fileWith(text, name);
  writeFileSync(join(dirname(path), 'package.json'), '{ "type": "commonjs" }');
  for (const verb of ['play', 'check']) {
    const { err, how } = await endOf(startEpollsim([verb, path]));
    expect(err).not.toContain('another');
    expect(how).toBe(0);
  }
});

/** A helper that nobody has turned into an ES module yet. */
test(
  'an ES module imports a CommonJS file beside it, which has the same epollsim',
  slow,
  async () => {
    const path = fileWith(
      `import helper from './helper.js';\nimport { Sys } from 'epollsim';\n` +
        "export default function* main(sys) { sys.assert(helper.Sys === Sys, 'the same'); }",
      'p.ts',
    );
    writeFileSync(join(dirname(path), 'helper.js'), "module.exports = require('epollsim');");
    expect(epollsim(['play', path])).toMatchObject({ code: 0 });
  },
);

test('what is wrong with a CommonJS module is said in its own words', slow, async () => {
  const path = fileWith('\nmodule.exports = { main: 5 };', 'p.cjs');
  const { code, err } = epollsim(['check', path]);
  expect(err).toBe(
    `epollsim: ${path}:2: expected "module.exports = function* main(sys)" or an async function, ` +
      'found module.exports = { main: 5 }\n',
  );
  expect(code).toBe(2);
  const { err: said } = epollsim([
    'export',
    '--to',
    'test',
    fileWith(`module.exports = ${counting}`, 'p.cjs'),
  ]);
  expect(said).toContain('--to test: expected an ES module');
});

const promising = `import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
export default async function main(sys) {
  const ep = await sys.epoll_create1(0);
  const event = await sys.eventfd2(0, 0);
  await sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  await sys.pthread_create(async (sys) => {
    await sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
  });
  const { ret } = await sys.epoll_wait(ep, 1, 0);
  if (ret === 1) throw new RangeError('early');
}`;

/** Whoever writes with promises, as they do everywhere else. */
test('a program may be an async function, for play, check and why', slow, async () => {
  const path = fileWith(promising, 'async.ts');
  const played = epollsim(['play', path]);
  expect(JSON.parse(played.out).results.map(({ call }: { call: string }) => call)).toEqual([
    'epoll_create1',
    'eventfd2',
    'epoll_ctl',
    'epoll_wait',
  ]);
  expect(played.code).toBe(0);

  const checked = epollsim(['check', path]);
  expect(checked.err).toContain('share all their variables, for the program is an async function');
  expect(checked.out).toContain('threw what nobody caught: RangeError: early.\n  at main (');
  expect(checked.out).toContain('async.ts:10:24)');
  expect(checked.code).toBe(1);

  expect(epollsim(['why', '--step', '4', path])).toMatchObject({ code: 0, err: '' });
  const { code, err } = epollsim(['check', '--herd', path]);
  expect(err).toContain('--herd: expected "export default function* main(sys)", found an async');
  expect(code).toBe(2);
});

/** Two threads that count up side by side. */
const racing = `
export default function* main(sys) {
  for (const name of ['a', 'b']) {
    yield* sys.pthread_create(function* (sys) {
      for (let i = 0; i < 5; i++) yield* sys.getpid();
    }, name);
  }
}`;

const order = (seed: string): string =>
  epollsim(['play', '--seed', seed, fileWith(racing)])
    .out.replace(/^.*?\[/, '')
    .replace(/[^,]*"thread":"(\w+)"[^}]*\},?/g, '$1');

/** A race that was seen once has to be seen again by whoever gets the bug report. */
/** Node would print a stack of its own, in which the file is lost. */
test('a promise that was rejected, and that nobody awaited, is said to be that', slow, () => {
  const program = fileWith(`
export default async function main(sys) {
  void (async () => {
    await sys.getpid();
    throw new Error('lost');
  })();
  await sys.getpid();
  await sys.getpid();
}`);
  for (const verb of ['play', 'check']) {
    const { code, err } = epollsim([verb, program]);
    expect(code).toBe(1);
    expect(err).toContain('was rejected, and nobody awaited it: Error: lost');
    expect(err).toMatch(/at .*file:5:/);
    expect(err).not.toContain('node:internal');
  }
});

test('a seed picks the schedule: the same one the same calls in the same order', slow, () => {
  const orders = ['0', '1', '1'].map(order);

  expect(orders[2]).toBe(orders[1]);
  expect(orders[1]).not.toBe(orders[0]);
});

/** Without the number nobody can repeat what they saw. */
test('the seed in use is always said', slow, () => {
  const scenario = fileWith('{"steps":[]}');

  expect(epollsim(['play', '--seed', '42', fileWith(racing)]).err).toBe('epollsim: seed 42\n');
  expect(epollsim(['play', '--seed', '42', scenario]).err).toBe('epollsim: seed 42\n');
});

/** CI that passes, as a program has ended the process before anything was said of it. */
test.each([
  ['a generator', 'export default function* main(sys) { yield* sys.getpid(); process.exit(0); }'],
  ['an async function', 'export default async (sys) => { await sys.getpid(); process.exit(0); }'],
  ['what stands around it', 'process.exit(0); export default function* main() {}'],
])('process.exit() in %s is an error, and no end of the command', slow, (_, program) => {
  for (const args of [
    ['check', '-'],
    ['play', '-'],
    ['play', '--format', 'strace', '-'],
  ]) {
    const { code, err, out } = epollsim(args, program);
    expect(`${out}${err}`).toContain(
      'process.exit(0) would end the simulator: expected sys.exit_g',
    );
    expect([1, 2]).toContain(code);
  }
});
