/** The table of `epollsim fuzz`. */
import type { Command } from './command.ts';
import { nothing } from './command.ts';

/** What random scenarios can be about; conformance/fuzz/profiles.ts has what makes them. */
export type ProfileName =
  | 'basic'
  | 'big'
  | 'classic'
  | 'concurrent'
  | 'dgram'
  | 'errors'
  | 'files'
  | 'held'
  | 'mixed'
  | 'nested'
  | 'process'
  | 'tcp'
  | 'threads'
  | 'time'
  | 'tty'
  | 'udp'
  | 'unix';

export const profileNames: readonly ProfileName[] = [
  'basic',
  'big',
  'classic',
  'concurrent',
  'dgram',
  'errors',
  'files',
  'held',
  'mixed',
  'nested',
  'process',
  'tcp',
  'threads',
  'time',
  'tty',
  'udp',
  'unix',
];

export const fuzz: Command = {
  name: 'fuzz',
  summary: 'the same with random scenarios',
  usage: ['[options]'],
  about: `Plays random scenarios on the model and on the kernel underneath. Where the transcripts
    differ, and the kernel says the same each time, the scenario is made as small as it gets and
    printed, ready for "epollsim conform --record".`,
  operands: nothing,
  options: [
    {
      options: {
        seed: {
          value: 'N',
          about: 'which scenarios: the same seed makes the same ones (default: 1)',
        },
        count: { short: 'n', value: 'N', about: 'how many (default: 1000)' },
        profile: {
          short: 'p',
          value: 'NAME',
          multiple: true,
          choices: ['all', ...profileNames],
          about: `what they are about; repeat, or separate by "," (default: all but concurrent, which
            takes seconds for each): ${profileNames.join(', ')}`,
        },
        kernel: {
          value: 'RELEASE',
          offers: 'release',
          about: 'the kernel to model (default: the running one, if it is modelled)',
        },
        jobs: {
          short: 'j',
          value: 'N',
          about: 'how many are played at a time (default: twice the number of CPUs)',
        },
        json: { about: 'an object a line for each difference, and one at the end that counts' },
        out: {
          short: 'o',
          value: 'FILE',
          offers: 'file',
          about: 'writes the small scenarios there, one a line',
        },
      },
    },
  ],
  examples: [
    {
      line: 'epollsim fuzz --count 20 --profile basic,unix',
      about: 'twenty scenarios of two kinds',
      needs: 'Linux',
    },
    {
      line: 'epollsim fuzz --count 10 --seed 5 --json',
      about: 'others, and the sum for a script',
      needs: 'Linux',
    },
  ],
  exits: {
    0: 'no difference',
    1: 'differences, or a scenario that hangs',
    3: 'there is no live side: not Linux, or no C compiler',
    130: 'Ctrl-C; what was found until then is counted',
  },
  more: ['docs/conformance.md'],
};
