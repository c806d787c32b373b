/** The table of `epollsim races`. */
import type { Command } from './command.ts';

export const races: Command = {
  name: 'races',
  summary: 'races of Linux and of programs: how, and the fix',
  usage: ['[--json]', 'NAME [--json]'],
  about: `Lists the races in races/: mistakes of Linux that depended on the schedule, or showed in a
    program of a few lines, and mistakes of programs; with the releases that have them and the fix.

    With a NAME: its page, and the interleaving that the checker finds now on a kernel that has it.
    The program is races/NAME/race.ts, which check and play take as any other.`,
  operands: { about: 'the name of a race', least: 0, most: 1, offers: 'race' },
  options: [
    {
      options: {
        json: {
          about: `the list: an array of objects (name, title, summary, releases, finding, found,
            absent, fix); with a NAME: one such object with page, program and verdict`,
        },
      },
    },
  ],
  examples: [
    { line: 'epollsim races', about: 'the list' },
    { line: 'epollsim races circle', about: 'one of them, with its interleaving' },
    { line: 'epollsim races --json', about: 'the list for a script' },
  ],
  exits: { 0: 'it was printed', 2: 'the command line is wrong, or there is no such race' },
  more: ['docs/races.md'],
};
