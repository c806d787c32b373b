/**
 * examples/tutorial: Linux prints what the programs print, and the tests of their mistakes fail as the
 * page there says.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { DetectorName } from '../../src/check/detectors/index.ts';
import { inOrder, type Program, randomSchedule, type Schedule, simulate } from '../../src/index.ts';
import { root } from '../support/tidy.ts';

const tutorial = join(root, 'examples/tutorial');
const names = readdirSync(tutorial)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3));

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'epollsim-tutorial-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the program prints on a machine of its own, a line each. */
async function printed(name: string, schedule: Schedule = inOrder): Promise<readonly string[]> {
  const path = `../../examples/tutorial/${name}.ts`;
  const { default: program } = (await import(path)) as { default: Program };
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line) => lines.push(String(line)));
  try {
    simulate(program, { schedule });
  } finally {
    log.mockRestore();
  }
  return lines;
}

/** Why no program can be compiled and run here; null where it can. */
function whyNotHere(): string | null {
  if (process.platform !== 'linux') return `this is ${process.platform}`;
  return spawnSync('cc', ['--version']).status === 0 ? null : 'there is no cc';
}

const why = whyNotHere();
if (why !== null) console.log(`the C programs of examples/tutorial are not run: ${why}`);

test('there are ten programs, and each has a twin in C and a test of its mistake', () => {
  expect(names).toHaveLength(10);
  const twins = readdirSync(tutorial).filter((name) => name.endsWith('.c'));
  expect(twins).toEqual(names.map((name) => `${name}.c`));
  const mistakes = readdirSync(join(tutorial, 'mistakes')).filter((name) => name !== config);
  expect(mistakes).toEqual(names.map((name) => `${name}.test.ts`));
});

describe.each(names)('examples/tutorial/%s.ts', (name) => {
  /** A reader who takes the program for what Linux does. */
  test.skipIf(why !== null)(
    'prints what its twin in C prints on this Linux',
    async () => {
      const binary = join(folder, name);
      const flags = ['-Wall', '-Wextra', '-Werror', '-pthread'];
      await run('cc', [...flags, '-o', binary, join(tutorial, `${name}.c`)]);
      const { stdout } = await run(binary, { timeout: 20_000 });
      expect(await printed(name)).toEqual(stdout.trimEnd().split('\n'));
    },
    60_000,
  );

  /** The same, on a machine that is busy with other things. */
  test('prints the same on ten other schedules', async () => {
    const expected = await printed(name);
    for (let seed = 1; seed <= 10; seed++) {
      expect(await printed(name, randomSchedule(seed)), `seed ${seed}`).toEqual(expected);
    }
  });
});

/** A reader who plays all of them at once. */
test('every program of the folder is played by one command', async () => {
  const files = names.map((name) => join(tutorial, `${name}.ts`));
  const command = ['--conditions=epollsim:src', '--import=tsx', join(root, 'bin/epollsim.ts')];
  const { stderr } = await run('node', [...command, 'play', '-o', '/dev/null', ...files]);
  for (const name of names) expect(stderr).toContain((await printed(name)).join('\n'));
}, 60_000);

// ── The mistakes ─────────────────────────────────────────────────────────────────────────────────

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const config = 'vitest.config.ts';

/** Of each test: what is said first, what leads to it, and whose page is named. */
const mistakes: readonly (readonly [title: string, kind: DetectorName, says: RegExp])[] = [
  [
    'epoll_wait tells of the byte',
    'exception',
    /^Error: epoll_wait: EINTR\n[\s\S]*EINTR for main in epoll_wait/,
  ],
  [
    'an answer goes out, and then there is silence',
    'livelock',
    /^livelock: server goes round for ever: epoll_wait\(5\) = 1 \[4: EPOLLOUT\]\./,
  ],
  [
    'all comes back',
    'deadlock',
    /^deadlock: Deadlock: main waits in read for socket3 and server waits in epoll_wait for ep5, and only these two could end it\.\n[\s\S]*the next write to socket4 takes/,
  ],
  [
    'all comes back, in spite of EAGAIN',
    'deadlock',
    /^deadlock: Deadlock: main waits in read for socket3 and [\s\S]*the next write to socket4 gets EAGAIN/,
  ],
  [
    'the second message comes back, too',
    'oneshot-never-rearmed',
    /^oneshot-never-rearmed: ep5\[4\] \(EPOLLONESHOT, disarmed\) has no event left for socket4, where 1 byte is unread: worker sleeps for ever\./,
  ],
  [
    'two threads send all back in its order',
    'assertion',
    /^assertion: Assertion failed in main: the echo is what was sent\./,
  ],
  [
    'both clients are let in',
    'stranded-data',
    /^stranded-data: ep4\[3\] \(EPOLLET\) has no event left for socket3, where a connection waits to be accepted: main sleeps for ever\./,
  ],
  [
    'a message is read',
    'stranded-data',
    /^stranded-data: ep5\[3\] \(EPOLLET\) has no event left for socket3, where 5 bytes are unread: main sleeps for ever\.\n[\s\S]*read\(\) of main in step 5 did not take all of it/,
  ],
  [
    'a message is read as it was sent',
    'assertion',
    /^assertion: Assertion failed in main: one read gives one message\.\n[\s\S]*the next read of socket3 gets/,
  ],
  [
    'what is told of is read',
    'livelock',
    /^livelock: main goes round for ever: epoll_wait\(4\) = 1 \[3: EPOLLIN\] and read\(3\) = -EINVAL\./,
  ],
  [
    'both pipes are read',
    'stranded-data',
    /^stranded-data: ep4\[3\] \(EPOLLET\) has no event left for ep3, where events wait: main sleeps for ever\./,
  ],
  [
    'all is sent, as room is made',
    'deadlock',
    /^deadlock: Deadlock: main waits in epoll_wait for ep5 and client waits in poll for socket4, and only these two could end it\./,
  ],
  [
    'a proxy closes both sides when one has gone',
    'exception',
    /^TypeError: Cannot read properties of undefined \(reading 'other'\)\n[\s\S]*epoll_wait\(3, 8, -1\)/,
  ],
  [
    'a closed pipe is silent',
    'stale-event',
    /^stale-event: epoll_wait told main of descriptor 4 \(ep3\[4\]\), which main does not have open any more\./,
  ],
  [
    'one connection wakes one worker',
    'herd',
    /^Error: expected no herd; [\s\S]*herd: worker-\d was woken and found nothing, once\./,
  ],
];

describe('The mistakes of examples/tutorial', () => {
  const failures = new Map<string, string>();

  beforeAll(async () => {
    const output = join(folder, 'report.json');
    const vitest = join(root, 'node_modules/vitest/vitest.mjs');
    const options = ['-c', join(tutorial, 'mistakes', config), '--reporter=json'];
    const args = [vitest, 'run', ...options, `--outputFile=${output}`];
    const env = { PATH: process.env.PATH, HOME: folder, NO_COLOR: '1' };
    // Its exit code is 1, as tests fail.
    await run('node', args, { cwd: root, env }).catch(() => {});
    const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
    for (const { title, status, failureMessages } of testResults.flatMap(
      ({ assertionResults }) => assertionResults,
    )) {
      failures.set(title, status === 'failed' ? failureMessages.join('\n') : `it has ${status}`);
    }
  }, 180_000);

  /** A reader who looks for a test of which the page says nothing. */
  test('are those that are named here, and no other', () => {
    expect([...failures.keys()].sort()).toEqual(mistakes.map(([title]) => title).sort());
  });

  /** A reader who has made the same mistake, and wants to know which it is. */
  test.each(mistakes)('%s: fails, and %s explains it', (title, kind, says) => {
    const failure = failures.get(title);
    expect(failure).toMatch(says);
    expect(failure).toContain(`\nabout ${kind}: docs/detectors/${kind}.md`);
  });

  /** What is to fail for ever would be the first schedule for ever. */
  test('leave no schedules behind', () => {
    expect(readdirSync(join(tutorial, 'mistakes'))).not.toContain('__schedules__');
  });
});
