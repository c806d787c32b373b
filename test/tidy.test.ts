/**
 * What a machine can judge of the project's rules (CONTRIBUTING.md). Each check is shown to find a
 * violation that was planted for it, and then to find none in the project.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventpollStatics } from './support/eventpoll_statics.ts';
import {
  bannedInCore,
  claimsLinux,
  declarations,
  filesIn,
  forgottenYields,
  importsFromOutside,
  importsOutOfOrder,
  leftovers,
  type MapLine,
  mapProblems,
  misnamedEntries,
  moduleState,
  packagesOf,
  parseMap,
  programOf,
  programOfTexts,
  root,
  type Source,
  testsOfNothing,
  tryInKernel,
  unresolvedAnchors,
  unresolvedRaces,
  withoutCounterpart,
} from './support/tidy.ts';

const sources = filesIn('src', '.ts');
const tests = filesIn('test', '.ts');
const whole = programOf('tsconfig.json');
const kernelSources = sources.filter(({ path }) => /^src\/(kernel|net|syscalls)\//.test(path));
const inProject = (path: string): boolean => existsSync(join(root, path));
const textOf = (path: string): string =>
  filesIn(path.slice(0, path.lastIndexOf('/')), '.md', '.tsv').find((file) => file.path === path)
    ?.text ?? '';

/** A source that exists only for a check. */
const planted = (path: string, text: string): Source[] => [{ path, text }];

describe('forgotten yields', () => {
  const texts = (statement: string) => ({
    'src/kernel/x.ts': `
      class Op { verb = ''; }
      interface Generator<Y, R, N> { readonly types: [Y, R, N]; }
      declare function spin_lock(lock: object): Op;
      declare function wake_up(queue: object): Generator<Op, number, number>;
      declare function either(queue: object): Generator<Op, number, number> & { then(): void };
      export function* f(it: object, yes: boolean): Generator<Op, void, number> { ${statement} }`,
  });

  /** A call of a generator that is not delegated to does nothing, and nobody notices. */
  test.each([
    'spin_lock(it);',
    'wake_up(it);',
    'either(it);',
    'if (yes) wake_up(it);',
    'yes && wake_up(it);',
    'yes ? spin_lock(it) : undefined;',
  ])('%s is found', (statement) => {
    expect(forgottenYields(programOfTexts(texts(statement)))).toHaveLength(1);
  });

  /** What is yielded, delegated to, kept or returned is used. */
  test.each([
    'yield spin_lock(it);',
    'yield* wake_up(it);',
    'const op = spin_lock(it); yield op;',
    'if (yes) yield* wake_up(it);',
  ])('%s is not', (statement) => {
    expect(forgottenYields(programOfTexts(texts(statement)))).toEqual([]);
  });

  /** The rule itself, with the type checker over sources and tests. */
  test('nobody forgets a yield', { timeout: 60_000 }, () => {
    expect(forgottenYields(whole)).toEqual([]);
  });
});

describe('what is banned in the core', () => {
  /** Time, chance and the platform make two runs differ, or keep the core out of a browser. */
  test.each([
    ['Date.now()', 'Date'],
    ['new Date()', 'Date'],
    ['Math.random()', 'Math.random'],
    ['Promise.resolve()', 'Promise'],
    ['(async () => 1)()', 'async'],
    ["console.log('x')", 'console'],
    ['process.exit()', 'process'],
    ['setTimeout(() => 1, 1)', 'setTimeout'],
    ['globalThis.x', 'globalThis'],
  ])('%s is found', (expression, what) => {
    const program = programOfTexts({ 'src/sim/x.ts': `export const x: unknown = ${expression};` });

    expect(bannedInCore(program)).toEqual([`src/sim/x.ts:1: ${what} in the core`]);
  });

  /** A name that means something else here, or a place that may. */
  test('a local of that name, a member of that name, and the command are not', () => {
    const program = programOfTexts({
      'src/sim/y.ts': 'const process = { console: 1 }; export const z: number = process.console;',
      'src/cli/x.ts': 'export const at: number = Date.now();',
    });

    expect(bannedInCore(program)).toEqual([]);
  });

  /** The rule itself. */
  test('the core has no clock, no chance, no promise and no platform', { timeout: 60_000 }, () => {
    expect(bannedInCore(whole)).toEqual([]);
  });
});

describe('imports', () => {
  /** A kernel that knew the network, or the machine, could not be read from the bottom up. */
  test.each([
    ['src/kernel/eventpoll/x.ts', "import { sock } from '../../net/sock.ts';"],
    ['src/kernel/x.ts', "import type { Machine } from '../sim/machine.ts';"],
    ['src/sim/x.ts', "export { play } from '../cli/play.ts';"],
    ['src/kernel/x.ts', "import { all } from '../index.ts';"],
    ['src/sim/x.ts', "import { join } from 'node:path';"],
    ['src/trace/x.ts', "import pc from 'picocolors';"],
  ])('in %s, %s is found', (path, text) => {
    expect(importsOutOfOrder(planted(path, text))).toHaveLength(1);
  });

  /** Down the order, within a layer, and the packages of the core. */
  test.each([
    ['src/cli/x.ts', "import pc from 'picocolors'; import { Machine } from '../sim/machine.ts';"],
    ['src/kernel/eventpoll/x.ts', "import { file } from '../file.ts';"],
    ['src/kernel/x.ts', "import Denque from 'denque';"],
    ['src/index.ts', "export { Machine } from './sim/machine.ts';"],
  ])('in %s, %s is not', (path, text) => {
    expect(importsOutOfOrder(planted(path, text))).toEqual([]);
  });

  /** The rule itself: kernel, net, syscalls, sim, trace, strace, check, scenario, cli. */
  test('imports point towards the kernel', () => {
    expect(importsOutOfOrder(sources)).toEqual([]);
  });
});

describe('the sources and the rest', () => {
  /** The library would need a C compiler, or start slower, for a verb that nobody has asked for. */
  test.each([
    "import { Linux } from '../../conformance/linux/linux.ts';",
    "export { fuzz } from '../../conformance/fuzz.ts';",
    "import '../../conformance/worker.ts';",
    "const { fuzz } = await import('../../conformance/fuzz.ts');",
    "import { tasks } from '../../lab/tasks/index.ts';",
  ])('in src/cli, %s is found', (text) => {
    expect(importsFromOutside(planted('src/cli/x.ts', text))).toHaveLength(1);
    expect(importsFromOutside(planted('src/cli/x.ts', text.replaceAll('../../', '../')))).toEqual(
      [],
    );
  });

  /** The rule itself. */
  test('nothing in src/ imports conformance/, lab/ or bin/', () => {
    expect(importsFromOutside(sources)).toEqual([]);
  });

  /** A task is graded in a browser, too, and by whoever has the package and no checkout. */
  test('what grades the tasks of the lab takes epollsim by its name, and nothing else', () => {
    const graders = filesIn('lab/tasks', '.ts');
    const own = filesIn('lab/model', '.ts').filter(({ path }) => path.endsWith('/progress.ts'));

    expect(packagesOf(graders)).toEqual(['epollsim']);
    expect([...packagesOf(own), ...importsFromOutside([...graders, ...own], 'lab/')]).toEqual([]);
    const wrong = planted('lab/tasks/x.ts', "import { check } from '../../src/check/check.ts';");
    expect(importsFromOutside(wrong, 'lab/')).toHaveLength(1);
  });

  /** A package that only a tool of ours brings along is missing where the command is installed. */
  test('what is shipped needs the packages that package.json names, and no others', () => {
    const shipped = [...sources, ...filesIn('bin', '.ts'), ...filesIn('conformance', '.ts')];
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    ) as Record<'dependencies' | 'peerDependencies', Record<string, string>>;
    expect(packagesOf(shipped)).toEqual(
      Object.keys({ ...dependencies, ...peerDependencies }).sort(),
    );
    expect(packagesOf(planted('src/x.ts', "await import('a/b'); import c from '@d/e/f';"))).toEqual(
      ['@d/e', 'a'],
    );
  });
});

describe('try, catch and finally', () => {
  /** An execution that is given up must not run code; C has none of the three either. */
  test('in kernel and net they are found, elsewhere they are not', () => {
    const text = 'export function f(): void { try { f(); } finally { f(); } }';

    expect(tryInKernel(planted('src/net/x.ts', text))).toHaveLength(1);
    expect(tryInKernel(planted('src/sim/x.ts', text))).toEqual([]);
  });

  /** The rule itself. */
  test('kernel and net have none', () => {
    expect(tryInKernel(sources)).toEqual([]);
  });
});

describe('module state', () => {
  /** Two machines in one process would meet in it. */
  test('a `let` or `var` at module level is found, in a function it is not', () => {
    expect(moduleState(planted('src/kernel/x.ts', 'export let n = 0;'))).toHaveLength(1);
    expect(moduleState(planted('src/sim/x.ts', 'var n = 0;'))).toHaveLength(1);
    expect(moduleState(planted('src/sim/x.ts', 'function f() { let n = 0; }'))).toEqual([]);
    expect(moduleState(planted('src/kernel/current.ts', 'export let current: T;'))).toEqual([]);
  });

  /** The rule itself. */
  test('nothing but `current` is state at module level', () => {
    expect(moduleState(sources)).toEqual([]);
  });
});

describe('__fentry__', () => {
  /** A copied line would make a trace name the wrong function. */
  test.each([
    ["function* ep_poll() { __fentry__('ep_wait'); }", 1],
    ["__fentry__('ep_poll');", 1],
    ['function f(name: string) { __fentry__(name); }', 1],
    ["function* ep_poll() { __fentry__('ep_poll'); }", 0],
    ["const ep_poll = function* () { __fentry__('ep_poll'); };", 0],
    ["function* __ep_eventpoll_poll() { __fentry__('ep_eventpoll_poll'); }", 0],
  ])('%s: %i findings', (text, count) => {
    expect(misnamedEntries(planted('src/kernel/x.ts', text))).toHaveLength(count);
  });

  /** The rule itself. */
  test('each entry names the function that it stands in', () => {
    expect(misnamedEntries(sources)).toEqual([]);
  });
});

describe('races and anchors', () => {
  const race = (text: string, limits = '', files: string[] = []): string[] =>
    unresolvedRaces(planted('src/kernel/x.ts', text), limits, (path) => files.includes(path));

  /** A name in a comment is a promise that the race is told somewhere. */
  test('a race that is told nowhere is found', () => {
    expect(race('// Race: lost-wakeup')).toHaveLength(1);
    expect(race('// Race: lost-wakeup', '## Race: lost-wakeups')).toHaveLength(1);
    expect(race('// Race: lost-wakeup, see test/x.test.ts', '## Race: lost-wakeup')).toHaveLength(
      1,
    );
  });

  /** By a heading, by a test of the races, or by the file that the comment names. */
  test('a race with a heading, a test or an existing path is not', () => {
    expect(race('// Race: lost-wakeup', '## Race: lost-wakeup')).toEqual([]);
    expect(race('// Race: a-b', '', ['test/races/a-b.test.ts'])).toEqual([]);
    expect(race('// Race: a-b, see test/x.test.ts', '', ['test/x.test.ts'])).toEqual([]);
  });

  /** The rule itself. */
  test('every race that a comment names is told', () => {
    expect(unresolvedRaces(sources, textOf('docs/limits.md'), inProject)).toEqual([]);
  });

  /** A page of the lab that quotes nothing, or one of two places. */
  test('an anchor that is quoted and missing, or there twice, is found', () => {
    const page = planted('lab/page.md', 'LAB: ovflist');

    expect(unresolvedAnchors(planted('src/x.ts', ''), page)).toHaveLength(1);
    expect(unresolvedAnchors(planted('src/x.ts', '// LAB: ovflist'), page)).toEqual([]);
    expect(
      unresolvedAnchors(planted('src/x.ts', '// LAB: ovflist\n// LAB: ovflist'), page),
    ).toHaveLength(1);
  });

  /** The rule itself. */
  test('every anchor that the lab or the docs quote stands in the source, once', () => {
    const pages = [...filesIn('lab', '.md', '.ts', '.tsx', '.html'), ...filesIn('docs', '.md')];

    expect(unresolvedAnchors(sources, pages)).toEqual([]);
  });
});

describe('leftovers', () => {
  const left = ['TO' + 'DO: later', 'debu' + 'gger;', 'test.on' + "ly('x', f);"];

  /** A suite of one test passes; a note to oneself is not an issue. */
  test.each(left)('%s is found', (text) => {
    expect(leftovers(planted('src/x.ts', `const x = 1;\n${text}`))).toHaveLength(1);
  });

  /** The rule itself. */
  test('nothing is left behind', () => {
    expect(leftovers([...sources, ...tests])).toEqual([]);
  });
});

describe('tests mirror the sources', () => {
  /** A test that outlived its subject, or stands where nobody looks for it. */
  test.each([
    ['test/kernel/lost.test.ts', []],
    ['test/kernel/wait.test.ts', ['src/wait.ts']],
    ['test/kernel/wait.test.ts', ['src/kernel/waiting.ts']],
    ['test/kernel/wait.spec.ts', ['src/kernel/wait.ts']],
  ])('%s beside %j is found', (path, files) => {
    expect(testsOfNothing([path], files)).toEqual([path]);
  });

  /** A file, a folder, a group, a side of a file, a document, and the folders that go across. */
  test.each([
    ['test/kernel/wait.test.ts', ['src/kernel/wait.ts']],
    ['test/net/ipv4.test.ts', ['src/net/ipv4/tcp.ts']],
    ['test/net/unix/stream.test.ts', ['src/net/unix/stream_read.ts']],
    ['test/kernel/pipe_wakeup.test.ts', ['src/kernel/pipe.ts']],
    ['test/docs.test.ts', ['docs/limits.md']],
    ['test/build.test.ts', ['scripts/build.ts']],
    ['test/races/lost-wakeup.test.ts', []],
  ])('%s beside %j is not', (path, files) => {
    expect(testsOfNothing([path], files)).toEqual([]);
  });

  /** The rule itself. */
  test('every test file is about something', () => {
    const paths = (files: readonly Source[]): string[] => files.map(({ path }) => path);
    const folders = ['src', 'scripts', 'docs', 'examples', 'corpus', 'conformance', 'bench', 'lab'];
    const known = folders.flatMap((folder) =>
      paths(filesIn(folder, '.ts', '.mjs', '.md', '.ndjson')),
    );

    expect(testsOfNothing(paths(filesIn('test', '.test.ts')), known)).toEqual([]);
  });
});

describe('docs/kernel-map.tsv', () => {
  const map = parseMap(textOf('docs/kernel-map.tsv'));
  const line = (symbol: string, linux = 'fs/x.c', status = 'same'): MapLine => ({
    symbol,
    linux,
    ours: 'src/kernel/x.ts',
    status,
  });
  const declared = declarations(
    planted(
      'src/kernel/x.ts',
      `export function ep_poll() {} export const ours = 1; export class epitem {}
       function ep_local() {} export const EP_MAX = 1; export class XStatics { gen = 0; }`,
    ),
  );

  /** Case is provenance: snake_case and capitals claim to be Linux's, camelCase is ours. */
  test('names claim to be of Linux by their case', () => {
    expect(['ep_poll', '__ep_remove', 'epitem', 'EP_MAX'].map(claimsLinux)).not.toContain(false);
    expect(['atOnce', 'Machine', 'rbRoot'].map(claimsLinux)).not.toContain(true);
  });

  /** A name that the map lacks is one that nobody has looked up. */
  test('an export without a line is found, and so is a line without a declaration', () => {
    const all = ['ep_poll', 'ours', 'epitem', 'EP_MAX'].map((symbol) => line(symbol));

    expect(mapProblems(all, declared)).toEqual([]);
    expect(mapProblems(all.slice(1), declared)).toEqual([
      'not in the map: ep_poll of src/kernel/x.ts',
    ]);
    expect(mapProblems([...all, line('ep_gone')], declared)).toEqual([
      'in the map only: ep_gone of src/kernel/x.ts',
    ]);
    expect(mapProblems([...all, line('ep_poll')], declared)).toEqual([
      'a line stands in the map twice',
    ]);
  });

  /** Functions that are not exported, and fields of statics, may have a line and need none. */
  test('a line may name a local function or a static, and one line a whole file', () => {
    const rest = ['ep_poll', 'ours', 'epitem', 'EP_MAX', 'ep_local', 'gen'];

    expect(
      mapProblems(
        rest.map((symbol) => line(symbol)),
        declared,
      ),
    ).toEqual([]);
    expect(mapProblems([line('*')], declared)).toEqual([]);
  });

  /** A line that says nothing. */
  test('a line without a C file or with another status is found', () => {
    expect(mapProblems([line('*', 'somewhere')], declared)).toHaveLength(1);
    expect(mapProblems([line('*', 'fs/x.c', 'similar')], declared)).toHaveLength(1);
  });

  /** The rule itself, both ways. */
  test('the map and the sources agree', () => {
    expect(mapProblems(map, declarations(kernelSources))).toEqual([]);
  });

  /** Whoever knows fs/eventpoll.c finds each of its names here. */
  test('a static of fs/eventpoll.c without a counterpart is found', () => {
    expect(withoutCounterpart(['ep_poll', 'ep_gone'], 'fs/x.c', [line('ep_poll')])).toEqual([
      'ep_gone',
    ]);
  });

  /** The rule itself. */
  test('each static of fs/eventpoll.c at 6.18 has its counterpart', () => {
    expect(eventpollStatics.length).toBeGreaterThan(100);
    expect(withoutCounterpart(eventpollStatics, 'fs/eventpoll.c', map)).toEqual([]);
  });
});
