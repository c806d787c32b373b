import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
// Inside node_modules, so that what was built finds its packages.
const built = `${root}node_modules/.epollsim-allocations`;
const counted = `${root}node_modules/.epollsim-counted`;

type Counts = Readonly<Record<string, number>>;
const results: Record<string, Counts> = {};

function run(script: string, ...args: string[]): string {
  const node = ['--conditions=epollsim:src', '--import', 'tsx', script, ...args];
  return execFileSync(process.execPath, node, { cwd: root, encoding: 'utf8' });
}

beforeAll(() => {
  run('scripts/build.ts', built);
  run('scripts/allocations.ts', built, counted);
  Object.assign(results, JSON.parse(run('test/support/counting.ts', counted)));
}, 300_000);

const sum = (counts: Counts = {}): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** What goes to and fro with each call: the call itself, its result, and what it hands on. */
const call = { 'new DirectCall': 2, 'new iov_iter': 2, 'new EventsCall': 1, 'new EventBuffer': 1 };
/** The array of the events; a result of each call, and an event. */
const values = { '[]': 1, '{}': 4 };

/**
 * Speed is bitten, and no clock need tell: a loop over epoll_wait makes some small objects a call, and
 * no generator. One more a call is seen here.
 */
describe('A round trip allocates its calls, their results, and what is sent', () => {
  test.each([
    ['eventfd', { 'new Uint64': 2 }],
    ['pipe', { 'new pipe_buffer': 1 }],
    [
      'unix',
      {
        'new msghdr': 2,
        'new sk_buff': 1,
        'new Uint8Array': 1,
        'new Reading': 1,
        'new scm_cookie': 1,
      },
    ],
  ])('on %s', (medium, sent) => {
    expect(results[`round trip: ${medium}`]).toEqual({ ...call, ...values, ...sent });
  });
});

test('epoll_wait allocates for the events it tells of, however many items there are', () => {
  const expected = { 'new EventsCall': 1, 'new EventBuffer': 1, '[]': 1, '{}': 65 };
  expect(results['epoll_wait: 64 ready of 64']).toEqual(expected);
  expect(results['epoll_wait: 64 ready of 2000']).toEqual(expected);
});

/** MSG_NOSIGNAL, say, makes nothing wait that is asked not to. */
test('send and recv of what does not block make no generator, with flags either', () => {
  const made = Object.keys(results['send and recv with flags'] ?? {});
  expect(made).toContain('new sk_buff');
  expect(made.filter((what) => what.startsWith('function*'))).toEqual([]);
});

test('EPOLL_CTL_MOD allocates a few objects and no generator', () => {
  expect(results['EPOLL_CTL_MOD']).toEqual({ 'new DirectCall': 1, 'new poll_table': 1, '{}': 3 });
});

/** The checker makes a machine for each execution: what a machine has and nobody uses costs it most. */
test('A machine, and an execution of the checker, are made of no more than so many objects', () => {
  expect(sum(results['a machine'])).toBeLessThanOrEqual(166);
  const { executions = 0 } = results['executions of the check'] ?? {};
  expect(executions).toBe(3);
  const again = 1; // To see that it goes the same way.
  expect(sum(results['a check']) / (executions + again)).toBeLessThanOrEqual(870);
});
