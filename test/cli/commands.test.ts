/** What a terminal and a script expect of every verb. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyNotLive } from '../../conformance/live.ts';
import { progressText } from '../../lab/model/progress.ts';
import { tasks } from '../../lab/tasks/index.ts';
import { optionsOf } from '../../src/cli/commands/command.ts';
import { allCommands } from '../../src/cli/commands/index.ts';
import { exitTexts } from '../../src/cli/errors.ts';
import { helpText, overview, overviewText } from '../../src/cli/help.ts';
import { readOptions } from '../../src/cli/options.ts';
import { defaultBudget } from '../../src/scenario/minimise.ts';
import { buildCommand } from '../support/built.ts';
import { killServers, RedisServer, whyNoRedis } from '../support/redis.ts';
import { type Outcome as Ended, fileWith, lines } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const commands = await allCommands();
const named = commands.map((command) => [command.name, command] as const);

const withoutLinux = whyNotLive();
const withoutRedis = whyNoRedis();
if (withoutLinux !== null) console.log(`commands: no live side: ${withoutLinux}`);
if (withoutRedis !== null) console.log(`commands: ${withoutRedis}`);

/** Many processes, of which several run at a time. */
const slow = { timeout: 300_000 };

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** After so many ms comes Ctrl-C; standard input stays open until then. */
  readonly interrupt?: number;
  /** It comes sooner, once this has been printed. */
  readonly interruptAt?: string;
}

/** How a process ended: SIGINT is what a shell calls 130 as well. */
interface Outcome extends Omit<Ended, 'code'> {
  readonly code: number | string | null;
}

/** Runs a program to its end. */
async function run(words: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const { env = {}, input = '', interrupt, interruptAt } = options;
  const [program = '', ...args] = words;
  const limits = { timeout: 240_000, killSignal: 'SIGKILL' } as const;
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env }, ...limits });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (interruptAt !== undefined && out.includes(interruptAt)) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdin.on('error', () => {}); // Who reads nothing has gone before it is written.
  child.stdin.write(input);
  if (interrupt === undefined) child.stdin.end();
  else setTimeout(() => child.kill('SIGINT'), interrupt);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code: signal ?? code, out, err };
}

const epollsim = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  run([...command, ...args], options);

/** Ctrl-C once the command is at work; later, where that was too soon: a machine may be busy. */
async function interrupted(words: string): Promise<Outcome> {
  const ended = await epollsim(words.split(' '), { interrupt: 3000 });
  if (ended.code === 130) return ended;
  return await epollsim(words.split(' '), { interrupt: 40_000 });
}

/** Why nothing can be served here: test/lab builds a site of its own. */
const withoutSite = existsSync(join(root, 'dist/lab/index.html'))
  ? null
  : 'dist/lab is not there: npm run lab:build';
if (withoutSite !== null) console.warn(`The example of epollsim lab is skipped: ${withoutSite}.`);

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A line of the shell, in which `epollsim` is the command; the exit code is that of its first part. */
const inShell = (line: string): Promise<Outcome> =>
  run([
    'bash',
    '-c',
    `epollsim() { ${command.map(quoted).join(' ')} "$@"; }
    ${line}
    exit "\${PIPESTATUS[0]}"`,
  ]);

/** What starts the command: hundreds of times, each in a sixth of the time that the sources take. */
let command: readonly string[] = [];
let redis: RedisServer | null = null;
beforeAll(async () => {
  command = buildCommand();
  if (withoutRedis === null) redis = await RedisServer.start();
}, 300_000);
afterAll(killServers);

// ── Help ─────────────────────────────────────────────────────────────────────────────────────────

/** Whoever looks a verb up finds all of it in one place, and can try it at once. */
test.each(named)('the help of %s has a usage, options, examples, exit codes and more', (_, one) => {
  const { examples, exits, more, name } = one;
  const text = helpText(one);

  expect(text).toMatch(new RegExp(`^epollsim ${name}: .+\n\nusage: epollsim ${name} `));
  for (const option of Object.keys(optionsOf(one))) expect(text).toMatch(`--${option}`);
  expect(examples.length).toBeGreaterThan(1);
  expect(examples.length).toBeLessThan(5);
  for (const code of [2, ...Object.keys(exits)])
    expect(text).toMatch(new RegExp(`^ {2}${code} `, 'm'));
  expect(more.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

/** A terminal that is narrow breaks lines in the middle of words. */
test.each(named)('the help of %s fits into 40 columns, but for what is to be typed', (_, one) => {
  const typed = /^ {2}epollsim|^(usage:| {6}) epollsim|\S{28}/;
  const long = helpText(one, 40)
    .split('\n')
    .filter((line) => line.length > 40);
  expect(long.filter((line) => !typed.test(line))).toEqual([]);
});

/** The help of what is installed, which says where its examples are, as that of the sources. */
const hereIn = (text = ''): string => text.replace(/^examples, in \/.*\/:$/m, 'examples:');

/** The package grades by what is built, which is not what the pages and the other tests run. */
test('lab check passes each solution of the lab, and no starter', slow, async () => {
  const labs = tasks.map(({ number }) => number);
  const handIn = (kind: string): string => {
    const textOf = (lab: number): string =>
      readFileSync(join(root, `lab/tasks/${String(lab).padStart(2, '0')}/${kind}.ts`), 'utf8');
    const begun = { predictions: [], passed: true, at: '2026-03-02T09:30:00Z' };
    return fileWith(
      progressText({
        epollsim: 'lab',
        version: 1,
        student: kind,
        labs: labs.map((lab) => ({ lab, solution: textOf(lab), ...begun })),
      }),
      `${kind}.json`,
    );
  };
  const files = [handIn('solution'), handIn('starter')];
  const { code, err, out } = await epollsim(['lab', 'check', '--json', ...files]);
  expect([code, err]).toEqual([1, '']);
  const rows = lines(out).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows.map(({ lab, passed, student }) => [student, lab, passed])).toEqual(
    ['solution', 'starter'].flatMap((kind) => labs.map((lab) => [kind, lab, kind === 'solution'])),
  );
});

/** Three ways to ask, of which each is somebody's only one. */
test(
  'VERB --help, help VERB and --help VERB print the same, on standard output',
  slow,
  async () => {
    const asked = ['why --help', 'help why', '--help why', 'why --bogus -h'];
    const [first, ...others] = await Promise.all(asked.map((words) => epollsim(words.split(' '))));
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(hereIn(first?.out)).toBe(helpText(commands[2] as never));
    for (const other of others) expect(other).toEqual(first);
    const { out, ...rest } = await epollsim(['--help']);
    expect(rest).toEqual({ code: 0, err: '' });
    expect(hereIn(out)).toBe(overviewText(commands));
  },
);

test('the help of check says what limits the search for smaller scenarios', () => {
  expect(helpText(commands[1] as never)).toContain(`(default: ${defaultBudget};`);
});

/** Whoever types the command alone wants to know what there is; a script is to see that it failed. */
test('without a verb the verbs are listed on standard error', slow, async () => {
  const { code, err, out } = await epollsim([]);
  expect([code, out]).toEqual([2, '']);
  for (const { name, summary } of commands)
    expect(err).toMatch(`  ${name.padEnd(10)}  ${summary}\n`);
});

/** An example that does not run is worse than none. */
describe('an example of the help runs', () => {
  const examples = [{ name: 'epollsim', ...overview }, ...commands].flatMap(({ examples, name }) =>
    examples.map((example) => [`${name}: ${example.line}`, example] as const),
  );
  test.concurrent.each(examples)('%s', slow, async (_, { exit = 0, line, needs }) => {
    if (needs === 'Linux' && withoutLinux !== null) return;
    if (needs === 'Redis' && redis === null) return;
    if (needs === 'site' && withoutSite !== null) return;
    const typed = line.replace('redis://127.0.0.1:6379', redis?.url ?? '');
    const { code, err, out } =
      needs === 'site'
        ? await epollsim(typed.split(' ').slice(1), { interruptAt: 'http://' })
        : await inShell(typed);
    expect({ code, err }).toEqual({ code: exit, err: expect.any(String) });
    if (/^epollsim (?!worker)/.test(line)) expect(out).not.toBe('');
  });
});

/** Who has mistyped a verb, looks for it in what is answered, and believes that there is none. */
test('every verb that bin/epollsim.ts knows has a table', () => {
  const bin = readFileSync(join(root, 'bin/epollsim.ts'), 'utf8');
  const verbs = [...bin.matchAll(/^ {2,4}\[?'(\w+)',/gm)].map(([, verb]) => verb);
  expect(verbs).toContain('play');
  expect(verbs.sort()).toEqual(commands.map(({ name }) => name).sort());
});

// ── What is wrong with a command line ────────────────────────────────────────────────────────────

/** A mistyped word is told from one that does not exist. */
test.concurrent.each([
  ['plya x', 'unknown verb "plya": did you mean play? (see epollsim --help)'],
  ['frobnicate', 'unknown verb "frobnicate": expected play, check, why'],
  ['help straec', 'unknown verb "straec": did you mean strace? (see epollsim help --help)'],
  ['loop.ts', 'unknown verb "loop.ts": did you mean "epollsim play loop.ts"?'],
  ['--bogus', 'expected a verb: play, check, why'],
  ['check --stratgy pct x', 'unknown option --stratgy: did you mean --strategy?'],
  ['check --off lockdpe x', 'found "lockdpe"; did you mean lockdep? (see epollsim check --help)'],
  ['fuzz --profile unxi', 'found "unxi"; did you mean unix? (see epollsim fuzz --help)'],
  ['export --to tset x', 'found "tset"; did you mean test? (see epollsim export --help)'],
  ['lab chekc 6 x', 'lab: expected nothing, or check, found "chekc" (see epollsim lab --help)'],
  ['lab check 15 x', 'lab check: expected a lab from 1 to 14, found 15'],
  ['lab check 6', 'lab check: expected the number of a lab and a file, found none'],
  ['lab check --port 80 6 x', 'lab check: --port is an option of epollsim lab (see'],
  ['lab --jobs 2', 'lab: --jobs is an option of epollsim lab check (see'],
  ['completion tcsh', 'completion: expected bash, zsh, fish, found "tcsh"'],
  ['kernels x', 'kernels: expected no file, found "x" (see epollsim kernels --help)'],
])('epollsim %s is answered with what was meant', slow, async (words, message) => {
  const { code, err, out } = await epollsim(words.split(' '));
  expect([code, out, lines(err).length]).toEqual([2, '', 1]);
  expect(err).toMatch(/^epollsim: /);
  expect(err).toContain(message);
});

test.each(named)('%s refuses an option that it does not have', (name, one) => {
  expect(() => readOptions([name, '--bogus'], one)).toThrow(
    /^unknown option --bogus: expected one of --.*--help$/,
  );
});

// ── Files ────────────────────────────────────────────────────────────────────────────────────────

/** How a verb is given a file to read. */
const reading: readonly (readonly [string, (file: string) => string[]])[] = [
  ['play', (file) => ['play', file]],
  ['play --schedule', (file) => ['play', 'examples/surprise.ts', '--schedule', file]],
  ['check', (file) => ['check', file]],
  ['check --resume', (file) => ['check', 'examples/surprise.ts', '--resume', file]],
  ['why', (file) => ['why', file, '--step', '1']],
  ['compare', (file) => ['compare', file, '--kernels', '5.10,6.18']],
  ['export', (file) => ['export', '--to', 'c', file]],
  ['strace', (file) => ['strace', file]],
  ['conform', (file) => ['conform', '--no-live', file]],
  ['lab check', (file) => ['lab', 'check', file]],
];

/** The last line; conform says before that nothing is played live. */
const lastOf = (text: string): string => lines(text).at(-1) ?? '';

/** The same mistake has the same answer, whoever is asked. */
describe.each(reading)('%s', (_, argsFor) => {
  test.concurrent(
    'refuses what cannot be read, with the reason and exit code 2',
    slow,
    async () => {
      const missing = await epollsim(argsFor('/no/such.json'));
      expect([missing.code, missing.out]).toEqual([2, '']);
      expect(lastOf(missing.err)).toMatch(/\/no\/such\.json: there is no such file$/);

      // An empty one is there by the name that was meant.
      const near = fileWith('', 'scenario.json');
      const typo = await epollsim(argsFor(near.replace('scenario', 'scenarion')));
      expect([typo.code, typo.out]).toEqual([2, '']);
      expect(lastOf(typo.err)).toContain(`there is no such file; did you mean ${near}?`);

      const folder = await epollsim(argsFor(tmpdir()));
      expect([folder.code, folder.out]).toEqual([2, '']);
      expect(lastOf(folder.err)).toContain(`${tmpdir()}: it is a directory`);
    },
  );

  test.concurrent('refuses an empty file and a binary one, with exit code 2', slow, async () => {
    const empty = await epollsim(argsFor(fileWith('')));
    expect([empty.code, empty.out]).toEqual([2, '']);
    expect(lastOf(empty.err)).toMatch(
      /: expected (at least one|a |"# epoll).*found (nothing|""|no JSON)$/,
    );

    const binary = await epollsim(argsFor(fileWith('\x7fELF\0\0\n\n')));
    expect([binary.code, binary.out]).toEqual([2, '']);
    expect(lastOf(binary.err)).toMatch(/: expected .*, found (binary data|no JSON)$/);
  });
});

/** Under cron, or started by a daemon, there is nothing to read. */
test.concurrent.each(['play', 'check', 'strace', 'conform --no-live'])(
  '%s - refuses standard input that is closed',
  slow,
  async (verb) => {
    expect(await inShell(`epollsim ${verb} - <&-`)).toMatchObject({ code: 2, out: '' });
  },
);

const outputs: readonly (readonly [string, string[]])[] = [
  ['play', ['play', 'examples/pipe-every-write.json', '-o']],
  ['check', ['check', 'examples/two-waiters.json', '-o']],
  ['why', ['why', 'examples/pipe-every-write.json', '--step', '6', '-o']],
  ['compare', ['compare', 'examples/pipe-every-write.json', '--kernels', '5.10,6.18', '-o']],
  ['export', ['export', 'examples/pipe-every-write.json', '--to', 'c', '-o']],
  ['strace', ['strace', 'examples/edge-unread.log', '-o']],
  ['fuzz', ['fuzz', '--count', '1', '-o']],
];

/** A result that is lost is known before the work is done, and after it if the disk is full. */
test.concurrent.each(outputs)(
  '%s says where it cannot write, with exit code 2',
  slow,
  async (verb, args) => {
    if (verb === 'fuzz' && withoutLinux !== null) return;
    const nowhere = await epollsim([...args, '/no/such/out']);
    expect([nowhere.code, nowhere.out]).toEqual([2, '']);
    expect(nowhere.err).toContain('epollsim: cannot write /no/such/out: ');

    const folder = mkdtempSync(join(tmpdir(), 'epollsim-test-'));
    expect(await epollsim([...args, folder])).toMatchObject({ code: 2, out: '' });
    if (verb === 'check' || verb === 'fuzz') return; // There is nothing to be written.
    expect(await epollsim([...args, '/dev/full'])).toEqual({
      code: 2,
      out: '',
      err: expect.stringContaining('epollsim: cannot write /dev/full: no space left\n'),
    });
  },
);

/** One command of each verb that prints something, and exits with 0 or 1. */
const printing: ReadonlyMap<string, readonly string[]> = new Map([
  ['play', ['play', 'examples/pipe-every-write.json']],
  ['check', ['check', 'examples/two-waiters.json']],
  ['why', ['why', 'examples/pipe-every-write.json', '--step', '6']],
  ['compare', ['compare', 'examples/pipe-every-write.json', '--kernels', '5.10,6.18']],
  ['export', ['export', 'examples/pipe-every-write.json', '--to', 'link']],
  ['kernels', ['kernels']],
  ['races', ['races', 'circle']],
  ['lab', ['lab', 'check', 'examples/lab/lin.json']],
  ['strace', ['strace', 'examples/edge-unread.log']],
  ['conform', ['conform', '--no-live', 'corpus/linux-6.18/handshake.scenarios.ndjson']],
  ['completion', ['completion', 'bash']],
  ['help', ['help']],
]);

/** Half of an answer is taken for a whole one, unless somebody says so. */
test.concurrent.each([...printing])('%s says that a disk is full', slow, async (_, args) => {
  const { code, err } = await inShell(`epollsim ${args.map(quoted).join(' ')} > /dev/full`);
  expect(err).toContain('epollsim: cannot write standard output: no space left\n');
  expect(code).toBe(2);
});

/** `epollsim … | head`: no error, but not all is well either with what nobody has read. */
test.concurrent.each([...printing])(
  '%s ends quietly with 141 if nobody reads',
  slow,
  async (_, args) => {
    const { code, err } = await inShell(`epollsim ${args.map(quoted).join(' ')} | true`);
    expect(err).not.toMatch(/EPIPE|Error|cannot/);
    expect(code).toBe(141);
  },
);

// ── JSON ─────────────────────────────────────────────────────────────────────────────────────────

/** A tool that reads the output stops at the first line that is none. */
test.concurrent.each([...printing])('%s --json prints JSON alone', slow, async (_, args) => {
  const env = { FORCE_COLOR: '1', NO_COLOR: '' };
  const { code, out } = await epollsim([...args, '--json'], { env });
  expect([0, 1]).toContain(code);
  expect(out).not.toContain('\x1b');
  expect(out).toMatch(/\n$/);
  const isOne = /^[[{]$/.test(lines(out)[0] as string);
  const values = (isOne ? [out] : lines(out)).map((text) => JSON.parse(text) as unknown);
  for (const value of values) expect(value).toEqual(expect.any(Object));
});

test('every verb has --json', () => {
  expect(commands.filter((one) => !('json' in optionsOf(one))).map(({ name }) => name)).toEqual([]);
});

/** Where JSON was asked for, a mistake is still said to persons: the exit code is for scripts. */
test(
  'an error beside --json is text on standard error, and standard output is empty',
  slow,
  async () => {
    expect(await epollsim(['why', '--json', '/no/such', '--step', '1'])).toEqual({
      code: 2,
      out: '',
      err: 'epollsim: cannot read /no/such: there is no such file\n',
    });
  },
);

// ── Exit codes ───────────────────────────────────────────────────────────────────────────────────

const malformed = '{"steps":[{"call":"frobnicate"}]}';
const differing = 'examples/pipe-every-write.json';

/** What makes each verb end with each of its codes: words, and what stands on standard input. */
const provoked: Readonly<Record<string, Readonly<Record<number, readonly [string, string?]>>>> = {
  play: { 0: [`play ${differing}`], 1: ['play -', malformed], 2: ['play --cpus 0 x'] },
  check: {
    0: ['check --kernel 7.3 examples/false-negative.ts'],
    1: ['check examples/false-negative.ts'],
    2: ['check --memory pso x'],
    4: ['check --strategy random --max-executions 2 --kernel 7.3 examples/false-negative.ts'],
  },
  why: {
    0: [`why ${differing} --step 6`],
    2: ['why - --step 0', 'import "./nowhere.js"; export default 1;'],
  },
  compare: {
    0: [`compare ${differing} --kernels 6.12,6.18`],
    1: [`compare ${differing} --kernels 5.10,6.18`],
    2: [`compare ${differing} --kernels 5.10`],
  },
  worker: { 0: ['worker --idle 1 --queue REDIS'], 2: ['worker --queue redis://127.0.0.1:1'] },
  export: {
    0: [`export --to c ${differing}`],
    1: ['export --to c examples/surprise.ts'],
    2: ['export --to pdf x'],
  },
  kernels: { 0: ['kernels'], 2: ['kernels --kernel 2.6'] },
  races: { 0: ['races'], 2: ['races heisenbug'] },
  lab: {
    0: ['lab check 1 lab/tasks/01/solution.ts'],
    1: ['lab check 6 examples/lab/read-all.ts'],
    2: ['lab check 6'],
  },
  strace: {
    0: ['strace -', 'epoll_create1(0) = 3\nclose(3) = 0\n'],
    1: ['strace examples/edge-unread.log'],
    2: ['strace --format graph x'],
  },
  conform: {
    0: ['conform --no-live corpus/linux-6.18/handshake.scenarios.ndjson'],
    1: ['conform --no-live -', malformed],
    2: ['conform --jobs 0'],
    3: [`conform --no-live ${differing}`],
  },
  fuzz: { 0: ['fuzz --count 2'], 2: ['fuzz --seed x'] },
  kit: { 0: ['kit --group basic -o /dev/null'], 2: ['kit basic'] },
  completion: { 0: ['completion fish'], 2: ['completion'] },
  help: { 0: ['help'], 2: ['help me'] },
};

/** Codes that a command line alone does not bring about, and the test that does. */
const elsewhere: Readonly<Record<string, readonly number[]>> = {
  play: [130], // test/cli/play.test.ts, and below
  check: [130], // test/cli/check.test.ts, and below
  compare: [130],
  worker: [130], // test/cli/queue.test.ts
  lab: [130], // the first example, and test/cli/lab.test.ts
  strace: [130],
  conform: [130],
  fuzz: [1, 3, 130], // 1: the model would have to be wrong; 3 below
};

describe('an exit code of the help', () => {
  const cases = Object.entries(provoked).flatMap(([verb, codes]) =>
    Object.entries(codes).map(
      ([code, [words, input = '']]) => [verb, Number(code), words, input] as const,
    ),
  );
  test.concurrent.each(cases)('%s %i: epollsim %s', slow, async (verb, code, words, input) => {
    if (verb === 'fuzz' && code === 0 && withoutLinux !== null) return;
    if (words.includes('REDIS') && redis === null) return;
    const args = words.replace('REDIS', redis?.url ?? '').split(' ');
    expect((await epollsim(args, { input })).code).toBe(code);
  });

  test.each(named)('of %s has a test', (name, { exits }) => {
    const codes = [2, ...Object.keys(exits).map(Number)];
    const tested = [...Object.keys(provoked[name] ?? {}).map(Number), ...(elsewhere[name] ?? [])];
    expect([...new Set(codes)].sort((a, b) => a - b)).toEqual(tested.sort((a, b) => a - b));
  });

  /** A container without a compiler. */
  test('fuzz 3: there is no C compiler', slow, async () => {
    const empty = mkdtempSync(join(tmpdir(), 'epollsim-test-'));
    const env = { PATH: empty, CC: '', XDG_CACHE_HOME: empty, TMPDIR: empty, HOME: empty };
    const { code, err, out } = await epollsim(['fuzz', '--count', '1'], { env });
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/^epollsim: nothing to compare with: /);
  });

  /** Somebody who has seen enough gets what there is, and a script is told that it is not all. */
  test.concurrent.each([
    'compare --kernels 5.5,6.18 --count 100000 --time-limit 500',
    'conform --no-live --jobs 1',
    'fuzz --count 100000 --jobs 1',
  ])('130: Ctrl-C ends epollsim %s', slow, async (words) => {
    if (words.startsWith('fuzz') && withoutLinux !== null) return;
    expect((await interrupted(words)).code).toBe(130);
  });

  /** A log that is still being written, as a program is watched. */
  test.concurrent.each([
    ['strace', 'strace -f findings -', 'close(3) = 0\n', '1 call rebuilt'],
    [
      'check',
      'check -',
      readFileSync(join(root, 'examples/two-waiters.json'), 'utf8'),
      'outcome 2',
    ],
  ])(
    '130: Ctrl-C ends %s that waits for more, and what there is is printed',
    slow,
    async (...row) => {
      const [, words, input, shown] = row;
      const { code, err, out } = await epollsim(words.split(' '), {
        input: `${input}\n`,
        interrupt: 40_000,
        ...(words.startsWith('check') ? { interruptAt: shown } : { interrupt: 3000 }),
      });
      expect({ code, err }).toEqual({ code: 130, err: '' });
      expect(out).toContain(shown);
    },
  );

  /** A verb that hears of no signal while it waits for input has to be killed from another window. */
  test.concurrent.each(['play -', 'check -', 'strace -', 'conform --no-live -'])(
    '130: Ctrl-C ends epollsim %s before anything was read',
    slow,
    async (words) => {
      const { code } = await epollsim(words.split(' '), { interrupt: 2000 });
      expect([130, 'SIGINT']).toContain(code);
    },
  );
});

/** Scripts depend on the codes; there is one list of them. */
test('docs/command.md and --help have the same exit codes', () => {
  const text = readFileSync(join(root, 'docs/command.md'), 'utf8');
  const table = [...text.matchAll(/^\| (\d+) \| (.+?) \|/gm)].map(([, code, what]) => [code, what]);
  const expected = Object.entries(exitTexts).map(([code, what]) => [
    code,
    what.replace(/\s+/g, ' '),
  ]);
  expect(table).toEqual(expected);
});
