import { expect, test } from 'vitest';
import { epollsim, fileWith, slow } from './run.ts';

const pipe = [
  { call: 'pipe2', args: { flags: 'O_NONBLOCK' }, bind: ['r', 'w'] },
  { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] },
  {
    call: 'epoll_ctl',
    args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$r', events: 'EPOLLIN' },
  },
];
const wait = { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: -1 } };
const write = { call: 'write', args: { fd: '$w', data: 'x' } };
const lockstep = JSON.stringify({
  name: 'two',
  threads: ['main', 't1', 't2'],
  steps: [...pipe, { ...wait, thread: 't1' }, { ...wait, thread: 't2' }, write],
});
const concurrent = JSON.stringify({
  name: 'free',
  mode: 'concurrent',
  threads: ['main', 't1', 't2'],
  steps: pipe,
  concurrent: { main: [write], t1: [wait], t2: [wait] },
});

test('a line for each arrangement, or why there is none', slow, () => {
  const { code, err, out } = epollsim(['check', '--herd', '-'], lockstep);

  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^LT +1 +1 +2\.00 /m);
  expect(out).toMatch(/^ET +1 +1 +1\.00 /m);
  expect(out).toMatch(/^SO_REUSEPORT +no: nobody waits for a TCP listener/m);
});

test(
  'as JSON, a line for each scenario of a batch; a malformed one is said and not lost',
  slow,
  () => {
    const batch = `${lockstep}\n{"steps":[{"call":"nope"}]}\n${concurrent}\n`;
    const { code, err, out } = epollsim(['check', '--herd', '--json', '-'], batch);

    expect(code).toBe(1);
    expect(err).toContain('standard input:2: a scenario: step 0: unknown call "nope"');
    const reports = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(reports.map(({ name }) => name)).toEqual(['two', 'free']);
    expect(reports[1].rows[0]).toMatchObject({ arrangement: 'as written', refused: null });
    expect(reports[1].rows[0].counts.wakeupsAnEvent).toMatchObject({ least: 0 });
  },
);

test('a name that is not bound is said, as check says it', slow, () => {
  const steps = [{ call: 'close', args: { fd: '$fd' } }];
  const { code, err } = epollsim(['check', '--herd', '-'], JSON.stringify({ steps }));

  expect(code).toBe(1);
  expect(err).toContain('step 0: $fd is not bound');
});

test.each([
  ['--queue', 'redis://localhost'],
  ['--out', 'smaller.json'],
  ['--checkpoint', 'left.json'],
  ['--preemptions', '1'],
])('%s says nothing beside it', slow, (option, value) => {
  const { code, err } = epollsim(['check', '--herd', option, value, '-'], lockstep);

  expect(code).toBe(2);
  expect(err).toContain(`--herd: expected no ${option} beside it`);
});

test('where time is short, each arrangement has some of it', slow, () => {
  const args = ['check', '--herd', '--json', '--time-limit', '1', '--strategy', 'random'];
  const { out } = epollsim([...args, '--max-executions', '1000000', '-'], concurrent);

  const rows: { extent: string; executions: number; refused: string | null }[] =
    JSON.parse(out).rows;
  const run = rows.filter(({ refused }) => refused === null);
  expect(run).toHaveLength(9);
  expect(run.every(({ executions, extent }) => extent === 'part' && executions > 0)).toBe(true);
});

test('a program, along one schedule', slow, () => {
  const program = fileWith(
    `import { EPOLL_CTL_ADD, EPOLLIN } from 'epollsim';
    export default function* main(sys) {
      const [reader, writer] = yield* sys.pipe2(0);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, reader, { events: EPOLLIN });
      const one = yield* sys.pthread_create(function* (sys) { yield* sys.epoll_wait(ep, 1, -1); });
      yield* sys.write(writer, 'x');
      yield* sys.pthread_join(one);
    }`,
    'herd.ts',
  );
  const { code, out } = epollsim(['check', '--herd', '--json', '--max-executions', '1', program]);

  expect(code).toBe(0);
  const [written] = JSON.parse(out).rows;
  expect(written).toMatchObject({ executions: 1, extent: 'one', counts: { events: 1, told: 1 } });
});
