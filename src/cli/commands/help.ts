/** The table of `epollsim help`. */
import type { Command } from './command.ts';

export const help: Command = {
  name: 'help',
  summary: 'what there is, or the options of a verb',
  usage: ['[VERB]'],
  about: 'Prints what epollsim --help prints, or with a VERB what epollsim VERB --help does.',
  operands: { about: 'a verb', least: 0, most: 1, offers: 'verb' },
  options: [
    {
      options: {
        json: { about: 'the table behind it as a JSON object: usage, options, exit codes' },
      },
    },
  ],
  examples: [
    { line: 'epollsim help check', about: 'the options of check' },
    { line: 'epollsim help --json', about: 'all verbs with all options, for a script' },
  ],
  exits: { 0: 'it was printed', 2: 'the command line is wrong, or there is no such verb' },
  more: ['docs/command.md'],
};
