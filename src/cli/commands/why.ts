/** The table of `epollsim why`. */
import { farEnough } from '../../why/far_enough.ts';
import type { Command } from './command.ts';
import { oneFile } from './command.ts';
import { kernelOptions, outputOption } from './shared.ts';

export const why: Command = {
  name: 'why',
  summary: 'why an event came, and why another one did not',
  usage: ['[options] FILE --step N'],
  about: `FILE is a scenario, or a program; - is standard input. For what the step did there is an
    answer for each event that was told, each item that was not told of, and each wakeup: the branch
    that decided, and the chain that led there, a hop a line.`,
  operands: oneFile,
  options: [
    {
      options: {
        step: { value: 'N', about: 'the step, as play --format table numbers them' },
        fd: { value: 'N', about: 'only what concerns items that were added under this number' },
        name: { value: 'NAME', about: 'which scenario, where the file has several' },
        schedule: {
          value: 'FILE',
          offers: 'file',
          about: 'the interleaving, as check prints it; a concurrent scenario needs one',
        },
        seed: { value: 'N', about: 'of a program, as for play' },
        'max-steps': {
          value: 'N',
          about: `looks no further than so many operations and calls: what goes on for ever is
            answered for as far as it came (default: ${farEnough})`,
        },
        ...kernelOptions,
        json: { about: 'the answer as a JSON object' },
        output: outputOption,
      },
    },
  ],
  examples: [
    {
      line: 'epollsim why examples/pipe-every-write.json --step 6',
      about: 'why the second write to a pipe is reported',
    },
    {
      line: 'epollsim why examples/pipe-every-write.json --step 6 --kernel 5.10',
      about: 'and why 5.10 did not report it',
    },
    {
      line: 'epollsim why examples/surprise.ts --step 7 --json',
      about: 'of a program: the event of a descriptor that is closed, for a script',
    },
  ],
  exits: {
    0: 'the answer was printed',
    2: `the command line is wrong, there is no such step, a file cannot be read or written, or there
      is no program in it`,
  },
  more: ['docs/why.md'],
};
