/** The table of `epollsim compare`. */
import { newestKernel, oldestKernel } from '../../kernel/history.ts';
import type { Command } from './command.ts';
import { oneFile } from './command.ts';
import { outputOption } from './shared.ts';

export const compare: Command = {
  name: 'compare',
  summary: 'the first step at which two kernels part, and why',
  usage: ['[options] FILE --kernels A,B', '[options] --kernels A,B'],
  about: `Plays a scenario on both kernels and shows the first step at which they part, and why on
    either side. Of a concurrent scenario it shows the outcomes that only one of them has. Without a
    FILE it looks for the smallest scenario on which they differ, one commit after the other of those
    that tell them apart.`,
  operands: { ...oneFile, least: 0 },
  options: [
    {
      options: {
        kernels: {
          value: 'A,B',
          offers: 'release',
          about: `releases from ${oldestKernel} to ${newestKernel}, each with commits put in or taken
            out: 5.5,6.18 or 6.18,6.18-3b844826b6c6 or 5.10,5.10+3b844826b6c6`,
        },
        with: {
          value: 'COMMIT',
          multiple: true,
          offers: 'commit',
          about: 'the second kernel is the first one, with a commit',
        },
        without: {
          value: 'COMMIT',
          multiple: true,
          offers: 'commit',
          about: 'or without one; repeat, or separate by ","',
        },
        name: {
          value: 'NAME',
          about: 'which scenario, where the file has several (default: all of them)',
        },
        seed: {
          value: 'N',
          about: 'of the search: the same seed looks at the same scenarios (default: 1)',
        },
        count: {
          value: 'N',
          about: 'of the search: how many scenarios of each kind, for each commit (default: 40)',
        },
        'time-limit': {
          value: 'S',
          about: 'of the search, in seconds, for each commit (default: 20)',
        },
        json: { about: 'a JSON object a line' },
        output: outputOption,
      },
    },
  ],
  examples: [
    {
      line: 'epollsim compare examples/pipe-every-write.json --kernels 5.10,6.18',
      about: 'where they part, and which branch decided on either side',
      exit: 1,
    },
    {
      line: 'epollsim compare examples/pipe-every-write.json --kernels 6.12,6.18 --json',
      about: 'two that do not part, for a script',
    },
    {
      line: 'epollsim compare --kernels 5.13,5.14 --time-limit 5',
      about: 'looks for a scenario on which two releases part',
      exit: 1,
    },
  ],
  exits: {
    0: 'the kernels do not part, as far as was looked',
    1: 'they part, or a scenario is malformed',
    130: 'Ctrl-C; what was found is shown',
  },
  more: ['docs/compare.md', 'docs/history.md'],
};
