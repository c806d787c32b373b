/** The table of `epollsim worker`. */
import type { Command } from './command.ts';
import { nothing } from './command.ts';

export const worker: Command = {
  name: 'worker',
  summary: 'helps with checks that run on other machines',
  usage: ['--queue URL [options]'],
  about: `Explores parts of the checks that "epollsim check --queue URL" hands out, of all that are
    under way, until it is told to end: on this machine or on any other that reaches the Redis, as
    many as there are.

    A program and what it imports by paths comes with the parts. Packages that it imports are looked
    for from the folder that the worker runs in. A worker runs what comes: whoever can write to the
    Redis can run code here, so it has to be one that you trust. Both sides need the same epollsim,
    the same major release of Node, and the packages bullmq and ioredis.`,
  operands: nothing,
  options: [
    {
      options: {
        queue: {
          value: 'URL',
          about: `the Redis: redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss:// for TLS`,
        },
        jobs: {
          short: 'j',
          value: 'N',
          about: 'how many processes explore (default: one a CPU)',
        },
        idle: { value: 'S', about: 'end after so many seconds without a part (default: never)' },
        json: {
          about: `a line of JSON for each event: ready, took, explored, failed, lost, back, end`,
        },
      },
    },
  ],
  notes: `Ctrl-C or SIGTERM: what it has comes to its next stop, within a second or two, and is handed
    back; then the worker ends. A second one ends it at once; others then explore what it had.`,
  examples: [
    {
      line: 'epollsim worker --queue redis://127.0.0.1:6379 --idle 1',
      about: 'on each machine that is to help',
      needs: 'Redis',
    },
    {
      line: 'epollsim check --queue redis://127.0.0.1:6379 examples/false-negative.ts',
      about: 'where the program is',
      exit: 1,
      needs: 'Redis',
    },
  ],
  exits: {
    0: 'it was told to end, or was idle for so long',
    2: 'the command line is wrong, a package is missing, or Redis cannot be reached',
    130: 'a second Ctrl-C',
  },
  more: ['docs/queue.md'],
};
