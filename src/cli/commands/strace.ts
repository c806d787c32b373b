/** The table of `epollsim strace`. */
import type { Command } from './command.ts';
import { oneFile } from './command.ts';
import { kernelOptions, outputOption } from './shared.ts';

export type StraceFormatName = 'table' | 'state' | 'findings';

export const straceFormats: Readonly<Record<StraceFormatName, string>> = {
  table: 'a row a call: line, state after it, what happened outside, the call',
  state: 'trees, lists, queues and who sleeps where, after each call',
  findings: 'nothing: only what was found',
};

export const strace: Command = {
  name: 'strace',
  summary: 'the log that strace wrote of a program, explained',
  usage: ['[options] FILE'],
  about: `Reads what strace printed of a program (strace -f -yy -tt -o FILE PROGRAM, or any other
    options; - is standard input), makes its calls on the model, and shows the state after each as
    play does. What happened outside of the log (a client connects, sends, closes) is inferred from
    the results. At the end: what cannot be explained, and what the program does wrong.`,
  operands: oneFile,
  options: [
    {
      options: {
        format: {
          short: 'f',
          value: 'FORMAT',
          choices: straceFormats,
          about: 'what to print before that (default: table)',
        },
        json: { about: 'a JSON object a line: calls, and then what was found' },
        output: outputOption,
      },
    },
    { options: kernelOptions },
  ],
  examples: [
    {
      line: 'epollsim strace examples/edge-unread.log',
      about: 'a server that does not read an edge to its end',
      exit: 1,
    },
    {
      line: 'epollsim strace --format findings examples/edge-unread.log',
      about: 'only what it does wrong',
      exit: 1,
    },
    {
      line: 'epollsim strace --format findings --json examples/edge-unread.log',
      about: 'the same for a script',
      exit: 1,
    },
  ],
  exits: {
    0: 'nothing was found but what is for information',
    1: 'a bug, something suspicious, or something that cannot be explained',
    130: 'Ctrl-C; what was found up to there is printed',
  },
  more: ['docs/strace.md'],
};
