/**
 * Schedules that are kept: written when a test fails, run first from then on, of use for as long as
 * they fail; by workers side by side, and while vitest watches.
 */
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { Project } from '../support/vitest_project.ts';

const seconds = 1000;

const program = `
export function* race(sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask = function* (sys) {
    sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 1, 'it is found');
  };
  const other = yield* sys.pthread_create(ask);
  yield* ask(sys);
  yield* sys.pthread_join(other);
}
`;
const head = `
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { checkTest } from 'epollsim/vitest';
import { describe } from 'vitest';
`;
const race = (options: string, name = 'race', before = ''): string =>
  `${head}${before}${program}\ncheckTest('${name}', ${options}, race);\n`;

function projectOf(files: Readonly<Record<string, string>>): Project {
  const project = new Project(files);
  onTestFinished(() => project.remove());
  return project;
}

const unshared = '{ sharedMemory: false }';

describe('A schedule that is kept', { timeout: 120 * seconds }, () => {
  /** Who fixes a race runs the test again and again: the first execution is to show whether it is fixed. */
  test('is run first, and nothing else as long as it fails', async () => {
    const project = projectOf({ 'a.test.js': race(unshared) });
    await project.run();
    const [path = ''] = project.kept;
    expect(project.kept).toHaveLength(1);
    expect(path).toMatch(/^__schedules__\/a\.test\.js\/race-\w{6}\.schedule$/);
    const schedule = project.read(path);
    expect(schedule).toMatch(/^# epollsim schedule 1\n# kernel 6.18\n# about Assertion failed/);

    const { tests } = await project.run();
    expect(tests['race']?.message).toContain('1 finding in 1 execution;');
    expect(tests['race']?.message).toContain(`it was kept in ${path}`);
    expect(project.read(path)).toBe(schedule);
  });

  /** A file of which nobody knows whether it is still good for something. */
  test('is said to be of no use once everything is covered and nothing found; -u deletes it', async () => {
    const project = projectOf({ 'a.test.js': race(unshared) });
    await project.run();
    const [path = ''] = project.kept;
    project.write('a.test.js', race("{ sharedMemory: false, off: ['assertion'] }"));

    const fixed = await project.run();
    expect(fixed.tests['race']?.status).toBe('passed');
    expect(fixed.printed).toContain(
      `nothing is found any more along the schedule in ${path}: it can be deleted, as vitest -u does`,
    );
    expect(project.kept).toEqual([path]);

    const updated = await project.run(['-u']);
    expect(updated.printed).toContain('it was deleted');
    expect(project.kept).toEqual([]);
  });

  /** The program was changed, and the test fails because of an old file, and not of the program. */
  test('that no longer fits is followed as near as can be, and is no failure', async () => {
    const project = projectOf({ 'a.test.js': race(unshared) });
    await project.run();
    const fixed = race(unshared).replace('yield* ask(sys);', 'yield* sys.eventfd2(0, 0);');
    project.write('a.test.js', fixed);

    const { printed, tests } = await project.run();
    expect(tests['race']?.status).toBe('passed');
    expect(printed).toMatch(/and \d+ steps? of it no longer fit the program: it can be deleted/);
  });

  /** A thread is renamed or a call is added in front: the race is still there, and is found at once. */
  test('that no longer fits still finds what is near', async () => {
    const project = projectOf({ 'a.test.js': race(unshared) });
    await project.run();
    const changed = race(unshared).replace(
      'const ep =',
      'yield* sys.eventfd2(0, 0);\n  const ep =',
    );
    project.write('a.test.js', changed);

    const { tests } = await project.run();
    expect(tests['race']?.message).toContain('1 finding in 1 execution;');
  });

  /** A race of 6.18 that is run on 7.3 proves nothing. */
  test('of another kernel is passed over, and so is what is no schedule', async () => {
    const project = projectOf({ 'a.test.js': race(unshared) });
    await project.run();
    const [path = ''] = project.kept;
    project.write('a.test.js', race("{ sharedMemory: false, kernel: '7.3' }"));

    const newer = await project.run();
    expect(newer.tests['race']?.status).toBe('passed');
    expect(newer.printed).toContain(
      `the schedule in ${path} is passed over: it is of kernel 6.18, and the test of 7.3`,
    );

    project.write(path, '# something else\n');
    const broken = await project.run();
    expect(broken.tests['race']?.status).toBe('passed');
    expect(broken.printed).toContain('is passed over: line 1: expected "# epollsim schedule 1"');
  });

  /** A test that allows less than it did would fail for what Linux does not do in it. */
  test('that needs liberties which are no longer allowed is passed over', async () => {
    const careless = (options: string): string => `${head}
checkTest('careless', ${options}, function* (sys) {
  const [reader, writer] = yield* sys.pipe2(0);
  yield* sys.write(writer, 'hello');
  sys.assert((yield* sys.read(reader, new Uint8Array(8))) === 5, 'it is read as a whole');
});
`;
    const project = projectOf({ 'a.test.js': careless("{ liberties: 'all' }") });
    await project.run();
    const [path = ''] = project.kept;
    for (const [options, allowed] of [
      ['{}', 'no liberties'],
      ["{ liberties: ['late-timer'] }", 'late-timer'],
    ] as const) {
      project.write('a.test.js', careless(options));
      const { printed, tests } = await project.run();
      expect(tests['careless']?.status).toBe('passed');
      expect(printed).toContain(
        `the schedule in ${path} is passed over: it needs short-read, and the test allows the kernel ${allowed}`,
      );
    }
  });

  /** In CI nobody commits what was written, and the folder may not be written to. */
  test('is not written in CI, nor where the test is to fail or says so', async () => {
    const project = projectOf({
      'a.test.js': race(unshared),
      'b.test.js': race('{ sharedMemory: false, keep: false }'),
      'c.test.js': race(unshared).replace('checkTest(', 'checkTest.fails('),
    });
    const { tests } = await project.run(['a.test.js'], { CI: 'true' });
    expect(tests['race']?.message).toContain('it is found');
    expect(tests['race']?.message).not.toContain('kept');
    await project.run(['b.test.js', 'c.test.js']);
    expect(project.kept).toEqual([]);

    await project.run(['a.test.js']);
    const inCi = await project.run(['a.test.js'], { CI: 'true' });
    expect(inCi.tests['race']?.message).toContain('it was kept in');
  });

  /** What was found by chance is not found again by chance. */
  test('stays where chance chooses, and no word is said', async () => {
    const chance = "{ sharedMemory: false, strategy: 'random', executions: 200, seed: 3 }";
    const project = projectOf({ 'a.test.js': race(chance) });
    const found = await project.run();
    expect(found.tests['race']?.status).toBe('failed');
    project.write('a.test.js', race(chance.replace('}', ", off: ['assertion'] }")));

    const { printed, tests } = await project.run();
    expect(tests['race']?.status).toBe('passed');
    expect(printed).not.toContain('epollsim:');
    expect(project.kept).toHaveLength(1);
  });
});

describe('Many tests at once', { timeout: 120 * seconds }, () => {
  /** Names that look alike on disk, suites, workers: each test finds what is its own. */
  test('keep a file each, which no other one touches', async () => {
    const files = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [
        `${name}.test.js`,
        `${head}${program}
checkTest.concurrent('one/two', ${unshared}, race);
checkTest.concurrent('one two', ${unshared}, race);
describe.concurrent('one', () => {
  checkTest('two', ${unshared}, race);
  checkTest.each([1, 2])('two %i ☂ ${'x'.repeat(200)}', ${unshared}, race);
});
`,
      ]),
    );
    const project = projectOf(files);
    await project.run(['--maxWorkers=4']);
    const kept = project.kept;
    expect(kept).toHaveLength(4 * 5);
    expect(kept.filter((path) => !path.endsWith('.schedule'))).toEqual([]);
    expect(new Set(kept.map((path) => project.read(path))).size).toBe(1);

    const { tests } = await project.run(['--maxWorkers=4']);
    for (const { message } of Object.values(tests)) expect(message).toContain('it was kept in');
  });
});

describe('While vitest watches', { timeout: 120 * seconds }, () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  /** A file that is written by a test and makes the test run again would go on for ever. */
  test('a schedule that is kept starts no run, and a program that is fixed does', async () => {
    const project = projectOf({
      'race.js': `import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';\n${program}`,
      'a.test.js': `import { checkTest } from 'epollsim/vitest';
import { race } from './race.js';
checkTest('race', ${unshared}, race);\n`,
    });
    const watch = await project.watch();
    ends.push(() => watch.end());
    await watch.ran(1);
    expect(watch.text).toContain('it is run first from now on');
    expect(project.kept).toHaveLength(1);
    await new Promise((done) => setTimeout(done, 3 * seconds));
    expect(watch.runs).toBe(1);

    project.write('race.js', project.read('race.js').replace('yield* ask(sys);', ''));
    await watch.ran(2);
    expect(watch.text).toContain('nothing is found any more along the schedule in');
    expect(watch.text).toMatch(/Tests {2}1 passed/);
    await new Promise((done) => setTimeout(done, 2 * seconds));
    expect(watch.runs).toBe(2);
  });
});
