/**
 * What a user sees of a test of checkTest() that fails: vitest runs in a process of its own, on tests that are
 * wrong on purpose.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Project, type Run, styles } from '../support/vitest_project.ts';

const checked = `
import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
import { checkTest, simTest } from 'epollsim/vitest';
import { expect } from 'vitest';

function* race(sys) {
  const event = yield* sys.eventfd2(1, 0);
  const ep = yield* sys.epoll_create1(0);
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, event, { events: EPOLLIN });
  const ask = function* (sys) {
    sys.assert((yield* sys.epoll_wait(ep, 1, 0)).ret === 1, 'it is found');
  };
  yield* sys.pthread_create(ask);
  yield* ask(sys);
  yield* sys.poll([], -1);
}

checkTest('races', { sharedMemory: false }, race);

checkTest('compares', { keep: false, sharedMemory: false }, function* (sys) {
  const [r, w] = yield* sys.pipe2(0);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.write(w, 'he');
    yield* sys.write(w, 'llo');
  });
  expect({ n: yield* sys.read(r, new Uint8Array(9)) }).toEqual({ n: 5 });
});

const many = function* (sys) {
  for (let i = 0; i < 4; i++) {
    yield* sys.pthread_create(function* (sys) {
      for (let j = 0; j < 5; j++) yield* sys.eventfd2(0, 0);
    });
  }
};
checkTest('takes long', { timeout: 1000 }, many);
checkTest('takes long, and may', { timeout: 60000, seconds: 0.3, incomplete: 'pass' }, many);
checkTest('takes too many', { executions: 10, sharedMemory: true }, many);

const beats = function* (sys) {
  setInterval(() => {}, 10);
  yield* sys.poll([], -1);
};
checkTest('beats', { fakeTime: true, keep: false }, beats);
simTest('beats once', { fakeTime: true, maxSteps: 2000 }, beats);

let runs = 0;
checkTest('counts', { sharedMemory: false }, function* (sys) {
  yield* sys.eventfd2(0, 0);
  if (++runs === 1) throw new Error('the first time');
});
checkTest('differs', { sharedMemory: false }, function* (sys) {
  for (let i = 0; i < runs % 3; i++) yield* sys.eventfd2(0, 0);
  runs++;
});
`;

describe.each(styles)('A failure of checkTest() of %s', (style, written) => {
  const isGenerator = style === 'generators';
  const source = written(checked);
  const project = new Project({ 'checks.test.js': source });
  let run: Run;

  beforeAll(async () => {
    run = await project.run();
  }, 60_000);
  afterAll(() => project.remove());

  /** What a test says that has failed. */
  const messageOf = (name: string, { tests } = run): string => {
    expect(tests[name]?.status, name).toBe('failed');
    return tests[name]?.message ?? '';
  };

  /** All that one needs to understand a race, in one message. */
  test('says what, how, why, how to run it again, where it is kept, and where to read on', () => {
    const message = messageOf('races');
    expect(message).toMatch(/^assertion: Assertion failed in \w+: it is found\./);
    expect(message).toMatch(
      /1 finding in \d+ executions?; \d+ steps, 1 preemption \(with fewer it/,
    );
    expect(message).toMatch(/main +│ t1\n/);
    expect(message).toContain('lists-seen-empty: ep4[3] is ready, and the scan of');
    expect(message).toMatch(/ {2}schedule: `\n {4}# epollsim schedule 1\n {4}# kernel 6.18\n/);
    expect(message).toMatch(/ {4}main: lock ep->lock\n {4}t1: start\n/);
    expect(message).toMatch(/^about assertion: .*docs\/detectors\/assertion\.md$/m);
    const [file] = project.kept;
    expect(project.kept).toHaveLength(1);
    expect(message).toContain(`kept in ${file}: it is run first from now on`);
    expect(message).toContain('checks.test.js:18:'); // Where the test is.
  });

  /** What vitest shows of two objects says more than their texts. */
  test('keeps the diff of an assertion of the program, and its place', () => {
    const message = messageOf('compares');
    expect(message).toMatch(/^AssertionError: expected \{ n: 2 \} to deeply equal \{ n: 5 \}/);
    expect(message).toContain('about exception: ');
    expect(message).toContain('checks.test.js:26:');
    expect(run.printed).toMatch(/-\s+"n": 5,\n\+\s+"n": 2,/);
  });

  /** "Test timed out in 1000ms" says nothing of what was covered. */
  test('is one where not everything was covered, and says what to change', () => {
    const message = messageOf('takes long');
    expect(message).toMatch(/nothing found in \d+ executions, but not every interleaving was cov/);
    expect(message).toContain('0.6 s are over and executions are left: raise "seconds", bound');
    expect(message).toContain('it takes about');
    expect(message).toContain('"seconds" follows from the timeout of the test: six tenths of it');
    expect(message).toContain('"sharedMemory: false" if they share none');
    expect(message.includes('or epollsim() of epollsim/vitest/plugin')).toBe(isGenerator);
    expect(message).toContain("incomplete: 'pass'");
    expect(message).not.toContain('timed out');
    expect(messageOf('takes too many')).toContain('are left: raise "executions", bound');
    expect(run.tests['takes long, and may']?.status).toBe('passed');
  });

  /** A heartbeat that nobody stops: the test was never over. */
  test('says of what goes on without end what that is, and what to do', () => {
    const remedy = 'take it back (clearInterval), or unref() it where nobody waits for it';
    const message = messageOf('beats');
    expect(message).toContain('1 execution was ended after 20000 steps');
    expect(message).toContain('- The timer setInterval fires again and again, and the execution');
    expect(message).toContain(remedy);
    expect(messageOf('beats once')).toContain(`while main sleeps in poll: ${remedy}`);
  });

  /** A variable of the file that a test counts in: "cannot read properties of undefined". */
  test('says that a program goes another way when it is run again, and what to do', () => {
    const message = messageOf('counts');
    expect(message).toMatch(/^exception: main threw what nobody caught: Error: the first time\./);
    expect(message).toContain('1 finding in 1 execution; at checks.test.js:50\n');
    expect(message).toContain('seen in execution 1, and not again along the same steps: the prog');
    expect(message).toContain('a variable beside the program, a counter, a cache');
    expect(message).toContain("put what it keeps into the program's function");
    expect(message).not.toContain('schedule: `');
    expect(project.kept).toHaveLength(1); // That of another test.
  });

  /** "Every interleaving was covered", of a program that is another one each time. */
  test('says so where nothing else is wrong, and shows the test', () => {
    const message = messageOf('differs');
    expect(message).toMatch(
      /^NotDeterministic: the program goes another way when it is run again: /,
    );
    expect(message).toContain("put what it keeps into the program's function");
    expect(message).toContain('checks.test.js:52');
  });

  /** A paste that has to be repaired by hand first. */
  test('shows a schedule that can be pasted into the options as it is', async () => {
    const message = messageOf('races');
    const [pasted = ''] = /schedule: `[^`]*`,/.exec(message) ?? [];
    const sourceWith = (options: string): string =>
      source
        .slice(0, source.indexOf("checkTest('compares'"))
        .replace("checkTest('races', { sharedMemory: false }, race);", options);
    const again = new Project({
      'again.test.js': sourceWith(
        `checkTest('along', { ${pasted} }, race);\nsimTest('alone', { ${pasted} }, race);`,
      ),
    });
    const along = await again.run();
    const kept = again.kept;
    again.remove();

    expect(messageOf('along', along)).toContain('1 finding in 1 execution;');
    expect(messageOf('alone', along)).toContain('what happened, along the schedule:');
    expect(messageOf('alone', along)).toMatch(/assertion failed in \w+: it is found/);
    expect(kept).toEqual([]);
  }, 60_000);
});

const passes = `
import { checkTest } from 'epollsim/vitest';

const wakes = function* (sys) {
  const event = yield* sys.eventfd2(0, 0);
  yield* sys.pthread_create(function* (sys) {
    yield* sys.read(event, new Uint8Array(8));
  });
  yield* sys.write(event, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
};
checkTest('wakes', wakes);
checkTest('wakes, and shares nothing', { sharedMemory: false }, wakes);
checkTest('says what it shares', { sharedMemory: 'told' }, wakes);
`;

/** A green test is no reason to print anything, but who asks is told what it means. */
test.each(styles)(
  'A checkTest() of %s that passes says what it left out',
  async (style, written) => {
    const project = new Project({ 'passes.test.js': written(passes) });
    const quiet = await project.run();
    const verbose = await project.run(['--reporter=verbose']);
    project.remove();

    const why = style === 'generators' ? 'nothing says what they share' : 'it is an async function';
    expect(quiet.printed).not.toContain('of its calls');
    expect(verbose.printed.match(/every interleaving of its calls was covered/g)).toHaveLength(1);
    expect(quiet.tests['says what it shares']?.message).toContain(
      "expected a program that says what its threads share beside 'told'",
    );
    expect(verbose.printed).toContain(`in one go, as ${why}: with "sharedMemory: 'anytime'"`);
  },
  60_000,
);
