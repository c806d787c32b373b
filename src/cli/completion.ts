/** `epollsim completion`: a script for a shell, made from the tables of the verbs. */

import { completion as completionCommand, type ShellName, shells } from './commands/completion.ts';
import { allCommands } from './commands/index.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { offersOf } from './completion/offers.ts';
import { zshScript } from './completion/zsh.ts';
import { type ExitCode, exitCodes, UsageError } from './errors.ts';
import { choiceOf, readOptions } from './options.ts';
import { print } from './output.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } satisfies Record<
  ShellName,
  unknown
>;

export async function completion(argv: readonly string[]): Promise<ExitCode> {
  const { operands, values } = readOptions(argv, completionCommand);
  const shell = choiceOf(operands[0], 'completion', shells);
  if (shell === undefined) throw new UsageError('completion: expected a shell, found none');
  const commands = await allCommands();
  const script = scripts[shell](commands, await offersOf(commands));
  print(values['json'] === true ? `${JSON.stringify({ shell, script })}\n` : script);
  return exitCodes.done;
}
