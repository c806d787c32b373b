/** The table of `epollsim kernels`. */
import { newestKernel, oldestKernel } from '../../kernel/history.ts';
import type { Command } from './command.ts';
import { nothing } from './command.ts';
import { kernelOptions } from './shared.ts';

export const kernels: Command = {
  name: 'kernels',
  summary: 'the releases and commits that can be modelled',
  usage: ['[options]'],
  about: `Lists the releases that can be modelled and the commits of Linux that changed what a program
    or a schedule can see, oldest first. Any release from ${oldestKernel} to ${newestKernel} can be
    asked for, 5.7-rc4 too; a release is that of Linus, without what stable series brought back. A
    commit older than ${oldestKernel} is in all of them.`,
  operands: nothing,
  options: [
    {
      options: {
        ...kernelOptions,
        kernel: {
          value: 'RELEASE',
          offers: 'release',
          about: 'only the commits of a release (and what --with and --without make of it)',
        },
        json: {
          about: `an array of commits: id, title, release, effect; until: the later commit from which
            on it makes no difference; memory: it matters only where stores are seen late (TSO), or
            out of order (weak)`,
        },
      },
    },
  ],
  examples: [
    { line: 'epollsim kernels', about: 'all commits, each with what changed' },
    { line: 'epollsim kernels --kernel 5.10', about: 'those that 5.10 has' },
    { line: 'epollsim kernels --kernel 5.10 --json', about: 'the same for a script' },
  ],
  exits: { 0: 'the list was printed' },
  more: ['docs/history.md'],
};
