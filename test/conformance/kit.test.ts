/** The conformance kit, as somebody has it who has the archive, a C compiler and a shell. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { casesOf, corpusFolder, groupsOf } from '../../conformance/corpus.ts';
import { kitFiles } from '../../conformance/kit/kit.ts';
import { archive } from '../../conformance/pack_kit.ts';
import { whyNotHere } from '../export/programs.ts';

const why = whyNotHere('6.18');
if (why !== null) console.log(`the conformance kit is not run: ${why}`);

/** With a blank in it, and readable by anybody. */
const folder = mkdtempSync(join(tmpdir(), 'epollsim kit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A corpus of a few scenarios of the real one. */
const picked: Readonly<Record<string, readonly string[]>> = {
  branches: [],
  classic: ['classic-et-every-write', 'classic-et-add-ready', 'classic-dup-survives-close'],
  concurrent: ['classic-et-short-read-second-write', 'classic-zero-timeout-vs-write'],
  held: ['held-1-0', 'held-1-1'],
  process: [],
  wakeups: ['wakeups-timer-periodic-read'],
  time: ['time-1-0', 'time-1-3'],
};

function smallCorpus(): string {
  const corpus = join(folder, 'corpus');
  const manifest: Record<string, object> = {};
  mkdirSync(join(corpus, 'linux-6.18'), { recursive: true });
  for (const group of groupsOf(corpusFolder)) {
    const names = picked[group.name];
    if (names === undefined) continue;
    const isTaken = (text: string, i: number): boolean =>
      names.length === 0
        ? i < 5 || text.includes('execve')
        : names.some((one) => text.includes(`"${one}"`));
    const cases = casesOf(group).filter(({ text }, i) => isTaken(text, i));
    const base = join(corpus, 'linux-6.18', group.name);
    writeFileSync(`${base}.scenarios.ndjson`, cases.map(({ text }) => `${text}\n`).join(''));
    writeFileSync(`${base}.golden.ndjson`, cases.map(({ golden }) => `${golden}\n`).join(''));
    manifest[group.name] = {
      about: `of [${group.name}](x.md)`,
      kernel: '6.18.44',
      cases: cases.length,
    };
  }
  writeFileSync(join(corpus, 'manifest.json'), JSON.stringify({ 'linux-6.18': manifest }));
  return corpus;
}

const corpus = smallCorpus();
const files = kitFiles({ corpus, version: '1.2.3' });
const kit = join(folder, 'epollsim-conformance-1.2.3');

/** Unpacks the kit once more, for a test that changes it. */
async function unpacked(name: string): Promise<string> {
  const packed = join(folder, `${name}.tar.gz`);
  writeFileSync(packed, await archive(name, files));
  const { status, stderr } = spawnSync('tar', ['xzf', packed], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return join(folder, name);
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** By scenario: the result, how often it was asked, and the note. */
  readonly results: ReadonlyMap<string, readonly string[]>;
  readonly report: string;
}

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Runs the driver of a kit with next to no environment; the results go to a folder of their own. */
function runKit(
  at: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Ran {
  const out = mkdtempSync(join(folder, 'out-'));
  chmodSync(out, 0o777);
  const ran = spawnSync('sh', [join(at, 'run.sh'), '--out', out, ...args], {
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
  });
  const lines = textOf(join(out, 'results.tsv')).split('\n').slice(1, -1);
  const cells = lines.map((line) => line.split('\t'));
  return {
    status: ran.status,
    stdout: ran.stdout,
    stderr: ran.stderr,
    results: new Map(cells.map(([id = '', ...rest]) => [id, rest])),
    report: textOf(join(out, 'report.html')),
  };
}

const player = join(folder, 'built', 'player');
const resultOf = ({ results }: Ran, id: string): string | undefined => results.get(id)?.[0];
/** The text of a page, without its marks. */
const wordsOf = (html: string): string =>
  html
    .replace(/<[^>]*>/g, '')
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

beforeAll(async () => {
  chmodSync(folder, 0o755);
  await unpacked('epollsim-conformance-1.2.3');
  if (why !== null) return;
  const built = spawnSync('sh', ['run.sh', '--build-only', '--out', '../built'], {
    cwd: kit,
    encoding: 'utf8',
  });
  expect(built).toMatchObject({ status: 0, stdout: `${player}\n` });
}, 120_000);

const slow = { timeout: 60_000 };

describe('The archive', () => {
  /** Somebody who checks what was published against what they can make. */
  test('has the same bytes for the same input, whenever it is made', async () => {
    const one = await archive('kit', files);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 100_000 });
    const other = await archive('kit', kitFiles({ corpus, version: '1.2.3' }));
    vi.useRealTimers();
    expect(Buffer.from(one).equals(Buffer.from(other))).toBe(true);
  });

  test('has what its README promises, and nothing that leads out of it', () => {
    const names = readdirSync(kit, { recursive: true, encoding: 'utf8' });
    const readme = textOf(join(kit, 'README.md'));
    const promised = [...readme.matchAll(/`([\w.]+\.(?:md|json|tsv|sh|css|c))`/g)].map(
      ([, one]) => one,
    );
    expect(promised.length).toBeGreaterThan(8);
    const made = ['results.tsv', 'report.html'];
    const base = (path: string): string => path.replace(/.*\//, '');
    expect(
      promised.filter(
        (one) => !made.includes(one ?? '') && !names.some((name) => base(name) === one),
      ),
    ).toEqual([]);
    const links = [...textOf(join(kit, 'scenario-format.md')).matchAll(/\]\(([^)#][^)]*)\)/g)];
    expect(links.map(([, to]) => to).filter((to) => !existsSync(join(kit, to ?? '')))).toEqual([]);
  });

  test('says of each group which kernel has answered', () => {
    const [first] = textOf(join(kit, 'groups.tsv')).split('\n');
    expect(first).toBe('branches\tlockstep\t5\t6.18.44\tof branches');
  });

  test.each<[string, () => unknown, string]>([
    [
      'a group that there is not',
      () => kitFiles({ corpus, version: '1', groups: ['clasic'] }),
      'no group "clasic" in the corpus: expected one of branches, classic',
    ],
    [
      'a name that a shell would take apart',
      () => ofNames('a b'),
      '"a b" as a name: expected letters',
    ],
    ['no name', () => ofNames(null), 'null as a name: expected letters'],
    ['a name that stands twice', () => ofNames('a', 'a'), '"a" as a name: it stands there twice'],
  ])('is refused for %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

/** The kit of a corpus that has scenarios of these names. */
function ofNames(...names: readonly (string | null)[]): unknown {
  const at = mkdtempSync(join(folder, 'corpus-'));
  mkdirSync(join(at, 'linux-6.18'));
  const text = names.map((name) => `${JSON.stringify({ ...(name && { name }), steps: [] })}\n`);
  for (const what of ['scenarios', 'golden']) {
    writeFileSync(join(at, 'linux-6.18', `x.${what}.ndjson`), text.join(''));
  }
  return kitFiles({ corpus: at, version: '1' });
}

describe.skipIf(why !== null)('On the Linux that has answered', () => {
  let whole: Ran;
  beforeAll(() => {
    whole = runKit(kit, ['--player', player, '--loops', '20']);
  }, 60_000);

  /** The first thing that a stranger sees. */
  test('every scenario is as recorded, and the exit code is 0', () => {
    const wrong = [...whole.results].filter(([, [result]]) => !/pass|skipped/.test(`${result}`));
    expect(wrong).toEqual([]);
    expect(whole.stdout).toMatch(/^\d+ of \d+ scenarios: \d+ as recorded/);
    expect(whole.status).toBe(0);
    const listed = textOf(join(kit, 'scenarios.tsv')).trimEnd().split('\n');
    expect([...whole.results.keys()]).toEqual(listed.map((line) => line.split('\t')[0]));
  });

  /** It is sent by mail, and opened where there is no network. */
  test('the report is one file that says what was tested, and loads nothing', () => {
    const { stdout: system } = spawnSync('uname', ['-sr'], { encoding: 'utf8' });
    expect(wordsOf(whole.report)).toContain(`Tested${system.trim()}`);
    expect(whole.report).not.toMatch(/<script|<link|src=|url\(|@import|https?:/);
    expect(whole.report).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(wordsOf(whole.report)).toContain('concurrent/classic-zero-timeout-vs-write');
  });

  test('--only takes groups, names and patterns, and --list shows what they mean', () => {
    const list = (...args: string[]): string => runKit(kit, ['--list', ...args]).stdout;
    expect(list('--only', 'held')).toBe('held/held-1-0\nheld/held-1-1\n');
    expect(list('--only=*/held-1-1', '--only', 'classic/*-close')).toBe(
      'classic/classic-dup-survives-close\nheld/held-1-1\n',
    );
  });

  /** A shell script that goes on with half of what it was told. */
  test.each<[string, string[], number, string]>([
    ['an unknown option', ['--frob'], 2, 'unknown option or word "--frob"'],
    ['a number that is none', ['--jobs', '0'], 2, '--jobs: expected a number from 1 on, found "0"'],
    ['a value that is missing', ['--limit'], 2, '--limit: expected a value'],
    ['a pattern that nothing fits', ['--only', 'x'], 2, 'no scenario fits --only'],
    ['a player that is not there', ['--player', '/nowhere'], 3, '"/nowhere" is no program'],
    ['a folder that cannot be made', ['--out', '/proc/x'], 2, 'cannot write to "/proc/x"'],
    [
      'a command that does not run',
      ['--player', '/bin/sh', '--run', 'false'],
      3,
      'the player does not run',
    ],
  ])('%s is refused', (_, args, status, message) => {
    expect(runKit(kit, args)).toMatchObject({ status, stderr: expect.stringContaining(message) });
  });

  test('a compiler that is missing or fails is named, with what it says', slow, () => {
    expect(runKit(kit, [], { CC: 'nocc' })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('there is no C compiler "nocc"'),
    });
    const failing = runKit(kit, [], { CFLAGS: '-include nowhere.h' });
    expect(failing.status).toBe(3);
    expect(failing.stderr).toContain('nowhere.h: No such file');
    expect(failing.stderr).toMatch(/cannot build player\/\w+\.c: what it says stands above/);
  });

  /** Somebody unpacks the next kit over this one, and would test with the old player. */
  test('the player is built once, and again when its sources are others', slow, async () => {
    const at = await unpacked('again');
    const only = ['--only', 'classic', '--out', join(at, 'results')];
    const building = 'run.sh: building the player with cc -O0\n';
    // The last --out counts, so all three use one folder.
    expect(runKit(at, only).stderr).toBe(building);
    expect(runKit(at, only).stderr).toBe('');
    writeFileSync(join(at, 'player/classic.c'), `${textOf(join(at, 'player/classic.c'))}\n/* */\n`);
    expect(runKit(at, only).stderr).toBe(building);
  });

  test('the player lists its scenarios, plays one, and says how it is used', () => {
    const play = (...args: string[]) => spawnSync(player, args, { encoding: 'utf8' });
    expect(play('--list', '--concurrent').stdout.trim().split('\n')).toHaveLength(2);
    const golden = textOf(join(corpus, 'linux-6.18/classic.golden.ndjson')).split('\n')[0];
    const name = (JSON.parse(golden ?? '') as { name: string }).name;
    expect(play(`classic/${name}`)).toMatchObject({ status: 0, stdout: `${golden}\n` });
    expect(play('classic/x')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('expected a scenario of --list, found "classic/x"'),
    });
    expect(play('--loops', 'x', 'classic/x').stderr).toContain('expected a number from 1 on');
    expect(play().status).toBe(2);
  });
});

describe.skipIf(why !== null)('Where something is wrong,', () => {
  /** What the kit is for. */
  test('a transcript that differs is named, and the report shows where', slow, async () => {
    const at = await unpacked('broken');
    const golden = join(at, 'corpus/linux-6.18/classic.golden.ndjson');
    const text = textOf(golden);
    const line = text.split('\n').find((one) => one.includes('"classic-et-every-write"')) ?? '';
    writeFileSync(
      golden,
      text.replace(line, line.replace('"events":"EPOLLIN"', '"events":"EPOLLOUT"')),
    );
    const ran = runKit(at, ['--player', player, '--only', 'classic']);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toContain('differs  classic/classic-et-every-write\n');
    expect(ran.results.get('classic/classic-et-every-write')).toEqual(['differs', '5', '']);
    expect(resultOf(ran, 'classic/classic-et-add-ready')).toBe('pass');
    const words = wordsOf(ran.report);
    expect(words).toMatch(/First difference, step \d+: expected .*EPOLLOUT.*, got .*EPOLLIN/);
    expect(words).toContain('Edge-triggered: each write is an edge');
    expect(words).toContain('epoll_wait {"epfd":"$ep"');
    expect(ran.report.match(/<tr class="first">/g)).toHaveLength(1);
  });

  /** A race that Linux does not have; and one of which nobody knows. */
  test(
    'an outcome that is not possible differs, and is not known where not all are known',
    slow,
    async () => {
      const at = await unpacked('outcomes');
      const path = join(at, 'outcomes.tsv');
      const lines = textOf(path).split('\n');
      const rest = lines.filter((line) => !/\t(recorded|possible)\t/.test(line));
      const [first = ''] = lines.filter(
        (line) => line.includes('zero-timeout') && line.includes('\trecorded\t'),
      );
      const known = [...rest.filter((line) => line !== ''), first.replace('"ret":', '"ret":9')];
      writeFileSync(path, `${known.join('\n').replace(/(short-read.*\t)complete/, '$1partial')}\n`);
      const ran = runKit(at, ['--player', player, '--only', 'concurrent', '--loops', '5']);
      const id = (name: string): string => `concurrent/classic-${name}`;
      expect(resultOf(ran, id('zero-timeout-vs-write'))).toBe('differs');
      expect(ran.results.get(id('zero-timeout-vs-write'))?.[2]).toMatch(
        /0 of 1 recorded outcomes, \d that Linux cannot have/,
      );
      expect(resultOf(ran, id('et-short-read-second-write'))).toBe('unsure');
      expect(wordsOf(ran.report)).toContain('Linux cannot have it');
      expect(ran.status).toBe(1);
    },
  );

  /** As nobody, userfaultfd is not to be had. */
  test('what needs a privilege is skipped, and it is said why', slow, () => {
    const setting = '/proc/sys/vm/unprivileged_userfaultfd';
    if (textOf(setting).trim() !== '0') return;
    const as = 'setpriv --reuid=65534 --regid=65534 --clear-groups';
    const run = process.getuid?.() === 0 ? ['--run', as] : [];
    const ran = runKit(kit, ['--player', player, '--only', 'held', '--only', 'branches', ...run]);
    expect(ran.results.get('held/held-1-0')).toEqual([
      'skipped',
      '1',
      expect.stringContaining('userfaultfd (needs root'),
    ]);
    expect(ran.stdout).toContain('skipped 2: userfaultfd (needs root');
    expect([...ran.results.values()][0]?.[0]).toBe('pass');
    expect(ran.status).toBe(0);
    const none = runKit(kit, ['--player', player, '--only', 'held', ...run]);
    expect(none.status).toBe(3);
  });

  /** On a kernel that hangs in a call, who makes the call cannot be asked to end. */
  test('a scenario that takes too long is ended by the player that watches it', slow, () => {
    const since = performance.now();
    const played = spawnSync(player, ['--limit', '1', 'wakeups/wakeups-timer-periodic-read'], {
      encoding: 'utf8',
    });
    const stderr = 'player: not at its end after 1 seconds\n';
    expect(played).toMatchObject({ status: 124, stdout: '', stderr });
    expect(performance.now() - since).toBeLessThan(2000);
    const ran = runKit(kit, ['--player', player, '--only', 'wakeups', '--limit', '1']);
    const row = ran.results.get('wakeups/wakeups-timer-periodic-read');
    expect(row).toEqual(['limit', '1', 'not at its end after 1 seconds']);
    expect(ran.status).toBe(1);
  });

  /** An emulator that is stuck, dies, or says something else; and one that eats the signal. */
  test('a player that hangs, crashes or prints garbage costs no other scenario', slow, () => {
    const ran = runKit(kit, [
      '--player',
      fakePlayer(),
      '--limit',
      '1',
      '--jobs',
      '3',
      '--only',
      'process',
      '--only',
      'classic',
      '--only',
      'held',
    ]);
    const names = [...ran.results.keys()].filter((id) => id.startsWith('process/'));
    const found = names.slice(0, 6).map((id) => resultOf(ran, id));
    expect(found.sort()).toEqual(['busy', 'crash', 'differs', 'differs', 'hangs', 'limit']);
    expect(resultOf(ran, 'held/held-1-0')).toBe('skipped');
    expect(resultOf(ran, 'classic/classic-et-add-ready')).toBe('pass');
    expect(ran.status).toBe(1);
    // What a player prints is text, whatever it is.
    expect(/<script|<i>no</.test(ran.report)).toBe(false);
    expect(wordsOf(ran.report).includes('<script>')).toBe(true);
  });

  /** A run of a whole night that is stopped in the morning. */
  test('Ctrl-C ends it at once, with the results that there are', slow, async () => {
    const out = mkdtempSync(join(folder, 'out-'));
    const args = [
      'run.sh',
      '--player',
      fakePlayer(),
      '--only',
      'time',
      '--only',
      'classic',
      '--jobs',
      '2',
      '--out',
      out,
    ];
    const child = spawn('sh', args, {
      cwd: kit,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    child.stdout.on('data', (text) => (printed += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const since = performance.now();
    process.kill(-(child.pid as number), 'SIGINT');
    expect(await ended).toBe(130);
    expect(performance.now() - since).toBeLessThan(5000);
    expect(printed).toMatch(/^\d of \d scenarios: \d as recorded.*; interrupted/m);
    expect(textOf(join(out, 'report.html'))).toContain('The run was interrupted');
    expect(textOf(join(out, 'results.tsv'))).toContain('classic/classic-et-add-ready\tpass');
    // It has been told to end, and does not listen.
    const hanging = Number(textOf(join(folder, 'hanging')));
    expect(hanging).toBeGreaterThan(1);
    expect(textOf(`/proc/${hanging}/cmdline`)).toBe('');
  });
});

/** One that does as told by the scenario's place; everything else is played as it should be. */
function fakePlayer(): string {
  const names = textOf(join(kit, 'scenarios.tsv'))
    .split('\n')
    .filter((line) => line.startsWith('process/'));
  const [hangs, crashes, prints, cuts, late, restless] = names.map((line) => line.split('\t')[0]);
  const path = join(folder, 'fake');
  const text = `#!/bin/sh
for last; do :; done
case $last in
${hangs} | time/*) echo $$ >'${folder}/hanging'; trap '' TERM; sleep 300 ;;
${crashes}) kill -SEGV $$ ;;
${prints}) head -c 3000 /dev/urandom ;;
${cuts}) printf '{"name":"<script>alert(1)</script>","results":[{"step":0,' ;;
${late}) exit 75 ;;
${restless}) echo 'player: the system does not come to rest' >&2; exit 1 ;;
held/*) echo 'player: skipped: <i>no</i> page' >&2; exit 77 ;;
*) exec '${player}' "$@" ;;
esac
`;
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}
