import { expect, test } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/errors.ts';
import { idleChoices } from '../../src/cli/kernel_options.ts';
import { epollsim, lines, slow } from './run.ts';

/** A mistyped option that is passed over silently is an hour of looking for a bug elsewhere. */
test.each([
  ['play', 'expected a file, or - for standard input'],
  ['play --fromat table x', 'unknown option --fromat: did you mean --format?'],
  ['play --frobnicate x', 'unknown option --frobnicate: expected one of --format, --json'],
  [
    'play --format tabel x',
    '--format: expected table, transcript, strace, graph, state, perfetto, mermaid, found "tabel"; did you mean table?',
  ],
  ['play --on-mismatch goon x', '--on-mismatch: expected stop, go-on, found "goon"'],
  ['play x --format', '--format: expected a value'],
  ['play --json=yes x', '--json: expected no value, found "yes"'],
  ['play --kernel 2.6 x', 'unknown kernel "2.6": expected a release from'],
  ['play --without 123 x', 'unknown commit "123": expected 7 digits or more of one of'],
  ['play --seed one x', '--seed: expected an integer from 0 to 4294967295, found "one"'],
  ['play --seed -1 x', '--seed: expected an integer'],
  ['play --max-steps 0 x', '--max-steps: expected an integer from 1 to 9999999999, found "0"'],
  ['play --output= x', '--output: expected a value'],
  ['play --cpus 0 x', '--cpus: expected an integer from 1 to 1024, found "0"'],
  ['play --json --format mermaid x', '--json: expected --format table, strace, graph, state'],
])('epollsim %s is refused, and what was expected is said', (args, message) => {
  const read = (): unknown => readArguments(args.split(' ').filter((arg) => arg !== ''));

  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});

/** Who knows the title of a commit and not its number. */
test('an unknown commit is answered with all of them, by title and release', () => {
  expect(() => readArguments(['play', '--with', 'zzz', 'x'])).toThrow(
    /unknown commit "zzz".*\n(.*\n)* {2}3b844826b6c6 {2}5\.14-rc7 {2}pipe: avoid unnecessary EPOLLET/,
  );
});

/** An experiment that changes nothing, or not what was meant, gives a wrong answer. */
test('a commit that is put in and taken out is refused, and one without effect is named', () => {
  const id = '18e2bf0edf4d';
  expect(() => readArguments(['play', '--with', id, '--without', id, 'x'])).toThrow(UsageError);

  const idle = (...args: string[]): string[] => idleChoices(readArguments(['play', ...args, 'x']));

  expect(idle('--with', id)).toEqual([`--with ${id}: 6.18 has it anyway`]);
  expect(idle('--kernel', '6.1', '--without', id)).toEqual([
    `--without ${id}: 6.1 does not have it`,
  ]);
  expect(idle('--kernel', '6.1', '--with', id)).toEqual([]);
  expect(idle('--without', '86c051793b4c')).toEqual([
    '--without 86c051793b4c: makes no difference since 412895f03cbf, which 6.18 has',
  ]);
  expect(idle('--without', '128dd1759d96')).toEqual([
    '--without 128dd1759d96: makes no difference unless stores are seen late (check --memory tso)',
  ]);
});

/** Commits are quoted by seven digits, or twelve, or all of them. */
test('an abbreviated commit is taken for the whole one', () => {
  const read = (id: string): unknown => readArguments(['play', '--without', id, 'x']);

  expect(read('412895f')).toMatchObject({ without: ['412895f03cbf'] });
  expect(read('412895f03cbf9633298111cb4dfde13b7720e2c5')).toMatchObject({
    without: ['412895f03cbf'],
  });
  expect(() => read('412895')).toThrow('unknown commit "412895": expected 7 digits or more');
});

/** A script tells a wrong call from a failed scenario by the exit code. */
test('a wrong command line is one line on standard error, and exit code 2', slow, () => {
  const { code, out, err } = epollsim(['play', '--fromat', 'table', '-']);

  expect(out).toBe('');
  expect(lines(err)).toHaveLength(1);
  expect(code).toBe(2);
});

/** Of several files one may be missing; the others are played all the same. */
test('a file that cannot be read does not keep the next one from being played', slow, () => {
  const { code, out, err } = epollsim(['play', '/no/such/file', '/', '-'], '{"steps":[]}');

  expect(out).toBe('{"name":null,"results":[],"blocked":[]}\n');
  expect(lines(err)).toEqual([
    'epollsim: cannot read /no/such/file: there is no such file',
    'epollsim: cannot read /: it is a directory',
  ]);
  expect(code).toBe(2);
});

/** The version of a bug report is the one of the package. */
test('--version is the version of package.json', slow, () => {
  const { code, out } = epollsim(['--version']);

  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(code).toBe(0);
});
