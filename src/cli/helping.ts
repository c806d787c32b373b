/** `epollsim help`: what there is, or the options of a verb. */

import { help as helpCommand } from './commands/help.ts';
import { allCommands, commands } from './commands/index.ts';
import { type ExitCode, exitCodes } from './errors.ts';
import { helpText, helpWidth, overviewText, tableOf, tablesOf, verbLines } from './help.ts';
import { unknownVerb, version } from './main.ts';
import { readOptions } from './options.ts';
import { Output } from './output.ts';
import { columnsOf } from './terminal.ts';

export async function help(argv: readonly string[]): Promise<ExitCode> {
  const { operands, values } = readOptions(argv, helpCommand);
  const [verb] = operands;
  const output = new Output(undefined);
  const width = Math.min(columnsOf(output) ?? helpWidth, helpWidth);
  if (verb === undefined) {
    const all = await allCommands();
    output.write(
      values['json'] === true
        ? json({ version: version(), ...tablesOf(all) })
        : overviewText(all, width),
    );
  } else {
    const command = await commands.get(verb)?.();
    if (command === undefined) throw unknownVerb(verb);
    output.write(values['json'] === true ? json(tableOf(command)) : helpText(command, width));
  }
  output.close();
  return exitCodes.done;
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

/** The verbs, and where to read more: for who has not said what is wanted. */
export const shortHelp = async (): Promise<string> =>
  [...verbLines(await allCommands(), helpWidth), '', 'epollsim --help says more'].join('\n');
