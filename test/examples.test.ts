/** The programs of examples/ do what they say, also after they have been read and forgotten. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { client, server } from '../examples/echo-server.ts';
import { InputError, readArguments, readLines, serveLines } from '../examples/start.ts';
import {
  AssertionFailed,
  inOrder,
  Machine,
  Player,
  type Program,
  randomSchedule,
  readDocuments,
  type Schedule,
} from '../src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1);

async function programOf(name: string): Promise<Program> {
  return ((await import(`../examples/${name}.ts`)) as { default: Program }).default;
}

/** Runs a program to its end; false if it waits for ever. Its assertions are thrown here. */
function ends(program: Program, schedule: Schedule): boolean {
  const machine = new Machine({ schedule });
  const main = machine.spawn(program);
  machine.run();
  return main.result !== null;
}

describe.each(['echo-server', 'events', 'level-vs-edge', 'surprise'])('examples/%s.ts', (name) => {
  /** A reader who plays the example and is told that it is wrong. */
  test('keeps what it asserts, in order', async () => {
    expect(ends(await programOf(name), inOrder)).toBe(true);
  });

  /** A teacher who says that this follows from epoll, and not from who was faster. */
  test('keeps what it asserts on twenty other schedules', async () => {
    const program = await programOf(name);
    expect(seeds.filter((seed) => !ends(program, randomSchedule(seed)))).toEqual([]);
  });
});

describe('examples/false-negative.ts', () => {
  /** Whoever thinks that the example fails because it is wrong. */
  test('finds the pending event when one thread runs after the other', async () => {
    expect(ends(await programOf('false-negative'), inOrder)).toBe(true);
  });

  /** The README, which shows this seed. */
  test('misses the pending event with seed 2', async () => {
    const program = await programOf('false-negative');
    expect(() => ends(program, randomSchedule(2))).toThrow(AssertionFailed);
  });
});

describe('the echo server', () => {
  /** A client whose line is lost or cut, which hangs, as it would on Linux. */
  test('answers a line longer than all its buffers, on every one of twenty schedules', () => {
    const long = 'x'.repeat(100_000);
    const served = (seed: number): boolean => {
      const machine = new Machine({ schedule: randomSchedule(seed) });
      machine.spawn(server(() => {}));
      const clients = [client([long, 'short']), client(['']), client([])].map((program) =>
        machine.spawn(program),
      );
      machine.run();
      return clients.every(({ result }) => result !== null);
    };
    expect(seeds.filter((seed) => !served(seed))).toEqual([]);
  });
});

describe('README', () => {
  /** Somebody who looks for an example of theirs, and does not open the folder. */
  test('lists every program of examples/, and no other, once', () => {
    const noPrograms = ['common.ts', 'start.ts'];
    const programs = readdirSync(`${root}/examples`).filter((name) =>
      /(?<!\.test)\.ts$/.test(name),
    );
    const list = readFileSync(`${root}/README.md`, 'utf8')
      .split('\n## ')
      .find((section) => section.startsWith('Examples\n'));
    const listed = [...(list ?? '').matchAll(/\]\(examples\/([^)]+)\)/g)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'tutorial/README.md').sort()).toEqual(
      programs.filter((name) => !noPrograms.includes(name)).sort(),
    );
  });
});

describe('npm start', () => {
  /** Somebody who compares two runs, or two machines. */
  test('prints the same for the same lines', () => {
    expect(serveLines(['a', 'b', 'c'], 2)).toBe(serveLines(['a', 'b', 'c'], 2));
  });

  /** Somebody who looks for one of the three things that it promises. */
  test('shows what the server printed, the calls, and that the listener alone is left', () => {
    const output = serveLines(['a', 'b', 'c'], 3);
    for (const line of ['a', 'b', 'c']) expect(output).toContain(`says "${line}\\n"`);
    expect(output).toMatch(
      /epoll_ctl\(4, EPOLL_CTL_MOD, \d, \{events=EPOLLOUT\|EPOLLONESHOT\|EPOLLET/,
    );
    expect(output.match(/^tfd:.*$/gm)).toEqual([expect.stringMatching(/^tfd: +3 events: +19 /)]);
    expect(output).toContain('server  asleep in epoll_wait on ep4->wq');
  });

  /** Somebody who mistypes: one line that says what was expected and what was found. */
  test.each([
    [['--clients', '0'], '--clients: expected a whole number from 1 to 1000, found "0"'],
    [['--clients', 'many'], '--clients: expected a whole number from 1 to 1000, found "many"'],
    [['--clients'], '--clients: expected a whole number from 1 to 1000, found nothing'],
    [['--client', '3'], 'unknown option --client; --help lists them'],
    [['a.txt', 'b.txt'], 'expected one file, found a.txt and b.txt'],
  ])('refuses %j', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(new InputError(message));
  });

  /** The same, where it is the file that is wrong. */
  test.each([
    ['missing.txt', 'missing.txt: there is no such file'],
    ['examples', 'examples: expected a text file, found a directory'],
    ['/dev/null', '/dev/null: expected at least one line, found none'],
  ])('refuses the file %s', async (file, message) => {
    await expect(readLines(file)).rejects.toEqual(new InputError(message));
  });

  /** `npm start | head`, and lines from another program. */
  test('reads standard input, and does not mind a reader that goes away', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
      scripts: Record<string, string>;
    };
    // More than fits into a pipe, so that the second half meets a pipe that is closed.
    const command = `yes line | head -n 200 | ${scripts.start} - | head -n 3; echo "\${PIPESTATUS[2]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' });
    expect(stderr).toBe('');
    const [, ...lines] = stdout.trimEnd().split('\n');
    expect(lines).toEqual(['client on descriptor 5', 'client on descriptor 6', '0']);
  }, 30_000);
});

describe.each([
  'overflow-list.json',
  'partial-read.json',
  'pipe-every-write.json',
  'who-is-woken.ndjson',
])('examples/%s', (name) => {
  /** A reader who starts from it for a scenario of their own. */
  test('is well-formed and plays to its last step', () => {
    const documents = readDocuments(readFileSync(`${root}/examples/${name}`, 'utf8'));
    expect(documents.length).toBeGreaterThan(0);
    for (const { scenario, error } of documents) {
      expect(error).toBeUndefined();
      if (scenario) expect(new Player(scenario).play().error).toBeUndefined();
    }
  });
});
