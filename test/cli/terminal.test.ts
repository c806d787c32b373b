/** Colours, and the width of a line. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { showsColours } from '../../src/cli/terminal.ts';
import { commandLine, epollsim, lines, slow } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const terminal = { isStandard: true, isTerminal: true };
const pipe = { isStandard: true, isTerminal: false };
const file = { isStandard: false, isTerminal: false };

/** Escape sequences in a log, or in an editor that runs the command, are noise. */
test.each([
  ['a terminal', terminal, {}, true],
  ['a terminal that has none', terminal, { TERM: 'dumb' }, false],
  ['a terminal, and NO_COLOR', terminal, { NO_COLOR: '1' }, false],
  ['a terminal, and NO_COLOR that is empty', terminal, { NO_COLOR: '' }, true],
  ['NO_COLOR and FORCE_COLOR', terminal, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ['a pipe', pipe, {}, false],
  ['a pipe of a build server', pipe, { CI: '1' }, false],
  ['a pipe, and FORCE_COLOR', pipe, { FORCE_COLOR: '1' }, true],
  ['a terminal, and FORCE_COLOR that says no', terminal, { FORCE_COLOR: '0' }, false],
  ['a file by its name, and FORCE_COLOR', file, { FORCE_COLOR: '1' }, false],
])('%s: are there colours?', (_, output, env, expected) => {
  expect(showsColours(output, env)).toBe(expected);
});

const args = ['play', '--format', 'table', 'examples/pipe-every-write.json'];

/** `epollsim … | less -R`. */
test('FORCE_COLOR colours what goes into a pipe, and nothing else does', slow, () => {
  expect(epollsim(args, '', [], { CI: '1' }).out).not.toContain('\x1b');
  expect(epollsim(args, '', [], { FORCE_COLOR: '1', NO_COLOR: '' }).out).toContain('\x1b[1m');
});

/** Half a screen beside an editor: a table that is wider is no table any more. */
test.each([40, 60, 80, 120])('a table keeps to COLUMNS=%i', slow, (columns) => {
  const { out } = epollsim(args, '', [], { COLUMNS: String(columns) });
  expect(
    lines(out)
      .slice(1)
      .filter((line) => line.length > columns),
  ).toEqual([]);
  const words = out.replace(/[\s│]+/g, '');
  for (const call of ['pipe2(O_NONBLOCK)=[3,4]', 'write(4,"two")=3', 'ep5ready3']) {
    expect(words).toContain(call);
  }
});

/** What `script` runs has a terminal. */
const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) console.log('terminal: skipped: script is not installed');

describe.skipIf(!hasScript)('on a terminal', () => {
  const onTerminal = (words: readonly string[], env: Record<string, string> = {}): string => {
    const line = [...commandLine(), ...words].map((word) => `'${word}'`).join(' ');
    const options = { cwd: root, encoding: 'utf8', env: { ...clean, ...env } } as const;
    return spawnSync('script', ['-qec', line, '/dev/null'], options).stdout;
  };
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, COLUMNS: ____, ...clean } = process.env;
  clean['TERM'] = 'xterm';

  test('a table has colours, unless NO_COLOR or TERM=dumb says otherwise', slow, () => {
    expect(onTerminal(args)).toContain('\x1b[1m');
    expect(onTerminal(args, { NO_COLOR: '1' })).not.toContain('\x1b');
    expect(onTerminal(args, { TERM: 'dumb' })).not.toContain('\x1b');
  });

  /** What is copied from the terminal into a file is to be JSON. */
  test('--json has neither colours nor progress', slow, () => {
    const check = onTerminal(['check', '--json', 'examples/two-waiters.json']);
    expect(check).not.toContain('\x1b');
    expect(JSON.parse(check)).toMatchObject({ name: 'two-waiters-one-byte-et' });
    const state = onTerminal(['play', '--json', '-f', 'state', 'examples/pipe-every-write.json']);
    expect(state).not.toContain('\x1b');
  });

  /** A line that cannot be written over piles up, on a dumb terminal and in the log of a server. */
  test.each([[{ TERM: 'dumb' }], [{ CI: '1' }]])('there is no progress with %j', slow, (env) => {
    const conform = ['conform', '--no-live', 'corpus/linux-6.18/basic.scenarios.ndjson'];
    expect(onTerminal(conform, env)).not.toContain('\r\x1b[K');
  });
});
