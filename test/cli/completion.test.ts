/** What shells offer by the scripts of `epollsim completion`: each is asked itself. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { optionsOf } from '../../src/cli/commands/command.ts';
import type { ShellName } from '../../src/cli/commands/completion.ts';
import { allCommands } from '../../src/cli/commands/index.ts';
import { epollsim, fileWith, slow } from './run.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const commands = await allCommands();

const run = (program: string, args: readonly string[]): string => {
  const env = { ...process.env, HOME: mkdtempSync(join(tmpdir(), 'epollsim-test-')) };
  const { stdout } = spawnSync(program, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return stdout;
};

/** Words that a shell offers for the line, as it would with TAB at its end. */
const askers: Readonly<Record<ShellName, (script: string, line: string) => string>> = {
  bash: (script, line) =>
    run('bash', [
      '--norc',
      '-c',
      `source "$1"; read -ra COMP_WORDS <<< "$2"; [[ $2 == *' ' ]] && COMP_WORDS+=('')
       COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _epollsim; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      script,
      line,
    ]),
  zsh: (script, line) => run('zsh', ['-f', join(root, 'test/cli/complete.zsh'), script, line]),
  fish: (script, line) =>
    run('fish', ['-N', '-c', `source ${script}; complete -C '${line}'`]).replace(/\t.*$/gm, ''),
};

/** Of several values between commas some shells give the whole word, and some the last one. */
const last = (word: string): string => word.replace(/^.*[,=]/, '').replace(/\/$/, '');

const shells = Object.keys(askers) as ShellName[];
for (const shell of shells) {
  const isThere = spawnSync(shell, ['--version']).status === 0;
  if (!isThere) console.log(`completion: ${shell} is skipped: it is not installed`);
  describe.skipIf(!isThere)(`${shell} completes`, () => {
    const script = isThere ? fileWith(epollsim(['completion', shell]).out) : '';
    const offered = (line: string): string[] => [
      ...new Set(askers[shell](script, line).split('\n').filter(Boolean).map(last)),
    ];

    /** Who types a verb half. */
    test.each([
      ['epollsim ', commands.map(({ name }) => name)],
      ['epollsim pl', ['play']],
      ['epollsim help st', ['strace']],
      ['epollsim play --for', ['--format']],
      ['epollsim play --format t', ['table', 'transcript']],
      ['epollsim play -f st', ['strace', 'state']],
      ['epollsim strace --format ', ['table', 'state', 'findings']],
      ['epollsim check --off lockdep,de', ['deadlock']],
      ['epollsim check --strategy p', ['pct']],
      ['epollsim play --kernel 5.1', ['5.1', '5.10', '5.11']],
      ['epollsim play --without 3b84', ['3b844826b6c6']],
      ['epollsim races bad', ['bad-epoll', 'bad-epoll-file']],
      ['epollsim completion ', ['bash', 'zsh', 'fish']],
      ['epollsim fuzz --profile ba', ['basic']],
      ['epollsim play --seed ', []],
    ])('%s', slow, (line, expected) => {
      expect(offered(line).sort()).toEqual([...expected].sort());
    });

    test('files where a verb reads them, and none where it does not', slow, () => {
      expect(offered('epollsim play examples/her').map((word) => word.replace(/.*\//, ''))).toEqual(
        ['herd.json'],
      );
      expect(offered('epollsim fuzz exa')).toEqual([]);
      expect(offered('epollsim conform --corpus exa')).toEqual(['examples']);
      expect(offered('epollsim play -o exa').filter((word) => /^examples/.test(word))).not.toEqual(
        [],
      );
    });

    /** An option that is left out of the script is not there for whoever relies on it. */
    test('every option of every verb', slow, () => {
      for (const command of commands) {
        const options = Object.keys(optionsOf(command)).map((name) => `--${name}`);
        expect(offered(`epollsim ${command.name} --`).sort()).toEqual(options.sort());
      }
    });
  });
}
