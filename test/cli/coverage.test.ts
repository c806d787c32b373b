import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { coverageText } from '../../src/cli/covered.ts';
import { root } from '../support/tidy.ts';

interface Covered {
  readonly branches: number;
  readonly taken: number;
  readonly functions: readonly {
    readonly fn: string;
    readonly taken: number;
    readonly branches: number;
    readonly not_taken: readonly string[];
  }[];
}

function covered(scenarios: readonly string[], ...options: string[]): Covered {
  const folder = mkdtempSync(join(tmpdir(), 'epollsim-coverage-'));
  try {
    const file = join(folder, 'scenarios.ndjson');
    writeFileSync(file, scenarios.map((text) => `${text}\n`).join(''));
    const node = ['--conditions=epollsim:src', '--import=tsx', 'bin/epollsim.ts'];
    const args = ['play', '--coverage', '--json', ...options, file];
    const out = execFileSync(process.execPath, [...node, ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1e8,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return JSON.parse(out) as Covered;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shot = (events: string): string =>
  JSON.stringify({
    name: 'shot',
    steps: [
      { call: 'eventfd2', args: { initval: 1, flags: 0 }, bind: ['e'] },
      { call: 'epoll_create1', args: { flags: 0 }, bind: ['ep'] },
      { call: 'epoll_ctl', args: { epfd: '$ep', op: 'EPOLL_CTL_ADD', fd: '$e', events } },
      { call: 'epoll_wait', args: { epfd: '$ep', maxevents: 1, timeout: 0 } },
    ],
  });

/** The branch that disarms is taken by an item with EPOLLONESHOT, and by no other. */
test('a branch counts as taken where a scenario takes it', () => {
  const disarms = (events: string): readonly string[] => {
    const { functions } = covered([shot(events)]);
    const own = functions.find(({ fn }) => fn === 'ep_send_events')?.not_taken ?? [];
    return own.filter((branch) => branch.includes('EPOLLONESHOT'));
  };

  expect(disarms('EPOLLIN')).toHaveLength(1);
  expect(disarms('EPOLLIN')[0]).toMatch(/: then$/);
  expect(disarms('EPOLLIN|EPOLLONESHOT')[0]).toMatch(/: else$/);
}, 60_000);

/** Whoever adds a branch records a scenario that takes it, or says why none can. */
test('the corpus takes every branch but those that docs/coverage.tsv explains', () => {
  const lockstep = groupsOf(corpusFolder).filter(({ name }) => name !== 'concurrent');
  const { functions } = covered(
    lockstep.flatMap((group) => casesOf(group).map(({ text }) => text)),
  );
  const [, ...lines] = readFileSync(join(root, 'docs/coverage.tsv'), 'utf8').trimEnd().split('\n');
  const explained = lines.map((line) => line.split('\t').slice(0, 2).join('\t'));

  const missed = functions.flatMap(({ fn, not_taken }) => not_taken.map((one) => `${fn}\t${one}`));
  expect(missed.sort()).toEqual(explained.sort());
  expect(lines.filter((line) => (line.split('\t')[2] ?? '') === '')).toEqual([]);
}, 120_000);

test('as text, a function shows how many of its branches were taken, and which were not', () => {
  const branch = { fn: 'ep_poll', file: 'src/kernel/eventpoll/ep_poll.ts', isTwin: false };
  const text = coverageText([
    { ...branch, branch: 'eavail: then', count: 3 },
    { ...branch, branch: 'eavail: else', count: 0 },
  ]);

  expect(text).toMatch(/^1 of 2 branches in 1 functions/);
  expect(text).toMatch(/ep_poll +1 of 2\n {4}not taken: eavail: else\n/);
});

/** Who looks at an old kernel is told of its functions, not of those that came later. */
test('an older kernel has the functions of its release', () => {
  const functionsOn = (kernel: string): readonly string[] =>
    covered([shot('EPOLLIN')], '--kernel', kernel).functions.map(({ fn }) => fn);

  const [old, middle, now] = [functionsOn('5.0'), functionsOn('6.3'), functionsOn('6.18')];
  expect(old).toContain('ep_send_events_proc');
  expect(old).not.toContain('ep_send_events');
  expect(middle).toContain('queueItemLockless');
  expect(middle).not.toContain('ep_clear_and_put');
  expect(now).toContain('ep_send_events');
  expect(now.some((fn) => ['ep_send_events_proc', 'queueItemLockless'].includes(fn))).toBe(false);
}, 120_000);
