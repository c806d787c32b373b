import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { concurrently, step, wait } from '../support/outcomes.ts';
import { epollsim, fileWith, lines, type Outcome, played, scenario, slow } from './run.ts';

/** Two waiters and one event, which wakes one of them before 5.13; a thread that is not needed. */
const noCascade = fileWith(
  JSON.stringify(
    concurrently({
      threads: ['main', 't1', 't2', 'idle'],
      steps: [
        step('eventfd2', { initval: 0, flags: 0 }, 'e'),
        step('epoll_create1', { flags: 0 }, 'ep'),
        step('epoll_ctl', { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$e', events: 'EPOLLIN' }),
      ],
      concurrent: {
        main: [step('write', { fd: '$e', value: 1 })],
        t1: [wait(-1, 1)],
        t2: [wait(-1, 1)],
        idle: [step('dup', { fd: '$e' }, 'copy')],
      },
    }),
  ),
);

const check = (...args: string[]): Outcome => epollsim(['check', ...args]);

interface Found {
  readonly kind: string;
  readonly schedule: readonly string[];
  readonly smaller: { readonly scenario: object; readonly schedule: readonly string[] };
}

interface Answer {
  readonly outcomes: readonly object[];
  readonly findings: readonly Found[];
  readonly schedules: readonly (readonly string[])[];
}

const schedule = (steps: readonly string[]): string => fileWith(`${steps.join('\n')}\n`);

describe('a scenario in which something is found', slow, () => {
  const out = fileWith('', 'smaller.json');
  let answer: Answer;
  let lost: Found;

  beforeAll(() => {
    const { code, out: json } = check(
      '--kernel',
      '5.12',
      '--json',
      '--show-all',
      '--out',
      out,
      noCascade,
    );
    expect(code).toBe(1);
    answer = JSON.parse(json) as Answer;
    lost = answer.findings[0] as Found;
  }, slow.timeout);

  /** What somebody keeps, to look at it tomorrow. */
  test('has a schedule for the finding and for each outcome', () => {
    expect(answer.findings).toMatchObject([{ kind: 'lost-wakeup' }]);
    expect(answer.schedules).toHaveLength(answer.outcomes.length);
    for (const steps of [lost.schedule, ...answer.schedules]) {
      expect(steps.slice(0, 2)).toEqual(['# epollsim schedule 1', '# kernel 5.12']);
    }
  });

  /** The kernel is that of the schedule, and the finding is there again. */
  test('shows the finding along its schedule', () => {
    const { code, out: text } = check('--schedule', schedule(lost.schedule), noCascade);

    expect(code).toBe(1);
    expect(text).toMatch(/^test: 1 outcome in 1 execution, along the schedule\n/);
    expect(text).toMatch(/ sleeps in epoll_wait for ever although eventfd3 is ready/);
    expect(text).toContain('  the schedule, for --schedule FILE:\n    # epollsim schedule 1\n');
  });

  /** The file is a scenario like any other. */
  test('is made smaller, in a file that plays by itself', () => {
    const smaller = JSON.parse(readFileSync(out, 'utf8'));
    expect(smaller).toEqual(lost.smaller.scenario);
    expect(smaller).toMatchObject({ threads: ['main', 't1', 't2'] });
    expect(Object.keys(smaller.concurrent)).toEqual(['main', 't1', 't2']);

    const again = check('--schedule', schedule(lost.smaller.schedule), '--json', out);
    expect((JSON.parse(again.out) as Answer).findings).toMatchObject([{ kind: 'lost-wakeup' }]);
  });

  /** One execution, in whatever form helps to understand it. */
  test.each([
    [
      'transcript',
      /^\{"name":"test","outcomes":\[\{.*"blocked".*\}\],"executions":1,"complete":false\}\n$/,
    ],
    ['table', /still asleep: t[12]\n/],
    ['strace', /\] <\.\.\. epoll_wait resumed>\[\{events=EPOLLIN, data=0\}\], 1, -1\) = 1\n/],
    ['graph', /ep_poll_callback\(/],
    ['state', /wq +t[12]/],
    ['mermaid', /Note over p_t[12]: still asleep\n/],
    ['perfetto', /"name":"test: main"/],
  ])('is played along it as %s', async (format, expected) => {
    const { code, out: text } = await played(
      ...['-f', format, '--schedule', schedule(lost.schedule), noCascade],
    );

    expect(code).toBe(0);
    expect(text).toMatch(expected);
  });

  /** Somebody has changed the scenario, or the schedule. */
  test('says where a schedule does not fit, and goes on if it is told to', async () => {
    const changed = lost.schedule.map((line) => line.replace(/^(t\d): lock ep->mtx$/, '$1: sing'));
    const file = schedule(changed);
    const strict = check('--schedule', file, noCascade);
    const tolerant = check('--schedule', file, '--on-mismatch', 'go-on', noCascade);

    expect(strict.code).toBe(1);
    expect(strict.err).toMatch(
      /test: step \d+ of the schedule expects "t\d: sing"; what could run instead: .*lock ep->mtx/,
    );
    expect(tolerant.err).toMatch(
      /^epollsim: step \d+ of the schedule, "t\d: sing", did not fit: "t/,
    );
    expect(tolerant.out).toContain('although eventfd3 is ready');
    expect(await played('-f', 'strace', '--schedule', file, noCascade)).toMatchObject({ code: 1 });
  });

  /** A schedule is of threads that run freely. */
  test('no schedule is followed by a scenario in lockstep', async () => {
    const lockstep = fileWith(scenario('one', step('epoll_create1', { flags: 0 })));
    const { code, out: text } = await played('--schedule', schedule(lost.schedule), lockstep);

    expect(code).toBe(1);
    expect(lines(text)).toEqual([
      '{"name":"one","results":[],"error":"--schedule: expected a program or a concurrent scenario, found a scenario in lockstep"}',
    ]);
  });
});

/** Time that somebody does not have. */
test('A smaller scenario is looked for within limits', slow, () => {
  const few = check('--kernel', '5.12', '--max-minimise', '2', noCascade);
  const none = check('--kernel', '5.12', '--max-minimise', '0', noCascade);

  expect(few.err).toContain(
    'epollsim: test: lost-wakeup in a smaller scenario: 2 executions are done and smaller ones are ' +
      'left to try: raise "budget" (--max-minimise)\n',
  );
  expect(none).toMatchObject({ code: 1, err: '' });
  expect(none.out).not.toContain('smaller');
  expect(none.out).toContain('  the schedule, for --schedule FILE:\n');
});

/** What is read must not be written over. */
test('The smaller scenario does not go where the scenario is', slow, () => {
  const { code, err } = check('--out', noCascade, noCascade);

  expect(code).toBe(2);
  expect(err).toContain(`--out ${noCascade}: expected another file than the inputs`);
  expect(existsSync(noCascade)).toBe(true);
});

/** A missing barrier shows where stores are seen late, and nowhere else. */
test('--memory tso finds what a missing barrier loses', slow, () => {
  const file = fileWith(
    JSON.stringify(
      concurrently({
        steps: [step('socketpair', { domain: 'AF_UNIX', type: 'SOCK_STREAM' }, 'a', 'b')],
        concurrent: {
          main: [step('poll', { fds: [{ fd: '$a', events: 'POLLIN' }], timeout: -1 })],
          t1: [step('send', { fd: '$b', data: 'x', flags: 0 })],
        },
      }),
    ),
  );
  const without = ['--without', 'a57de0b4336e', '--json', file];
  const sc = check('--memory', 'sc', ...without);
  const tso = check('--memory', 'tso', ...without);
  const { findings } = JSON.parse(tso.out) as Answer;

  expect(sc.code).toBe(0);
  expect(sc.err).toContain('makes no difference unless stores are seen late');
  expect(tso).toMatchObject({ code: 1, err: '' });
  expect(findings).toMatchObject([{ kind: 'lost-wakeup' }]);
  expect(findings[0]?.schedule).toContain('# memory tso');
  expect(check('--schedule', schedule(findings[0]?.schedule ?? []), '--json', file)).toMatchObject({
    code: 1,
    err: '',
  });
});

/** Neither a program nor a scenario, and many pages of complaints if it is taken for one. */
test('Binary data is refused', slow, () => {
  const { code, err } = check(fileWith('{"steps"\0'));

  expect(code).toBe(2);
  expect(err).toMatch(/expected a program or scenarios in JSON, found binary data\n$/);
});
