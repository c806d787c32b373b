/** The table of `epollsim export`. */
import type { Command } from './command.ts';
import { oneFile } from './command.ts';
import { kernelOptions, outputOption } from './shared.ts';

export type Form = 'c' | 'test' | 'command' | 'link' | 'file';

export const forms: Readonly<Record<Form, string>> = {
  c: 'a program for Linux that prints the transcript (scenarios only)',
  test: 'a test for vitest',
  command: 'a command line for the shell',
  link: 'the fragment of a link: #v1.…',
  file: 'the scenario or program itself',
};

export const exportCommand: Command = {
  name: 'export',
  summary: 'a scenario or program as C, a test, a link, …',
  usage: ['--to FORM [options] FILE', '--to FORM [options] LINK'],
  about: `Turns a scenario or a program, with its kernel and its schedule, from one form into another.
    What is given shows in its content: a file with scenarios or a program (- is standard input), a
    link, a command line or a test that this verb made.`,
  operands: { ...oneFile, about: 'a file or a link' },
  options: [
    {
      options: {
        to: { value: 'FORM', choices: forms, about: 'into which' },
        json: {
          about: `the exported text as a JSON object, beside the form, the name, and the kernel and
            the schedule that go with it`,
        },
        output: outputOption,
      },
    },
    {
      options: {
        name: { value: 'NAME', about: 'which scenario, where the file has several' },
        ...kernelOptions,
        schedule: {
          value: 'FILE',
          offers: 'file',
          about: 'the schedule of a program or a concurrent scenario, as check prints it',
        },
        loops: {
          value: 'N',
          about: `of C, how often a concurrent scenario is played unless the program is told otherwise
            (default: 10000)`,
        },
      },
    },
  ],
  examples: [
    {
      line: 'epollsim export --to c examples/pipe-every-write.json',
      about: 'a C program that makes the same calls on Linux',
    },
    {
      line: 'epollsim export --to test --kernel 5.10 examples/pipe-every-write.json',
      about: 'a test for vitest that expects what the model answers now',
    },
    {
      line: 'epollsim export --to link examples/surprise.ts',
      about: 'a program in a link, which export takes back: --to file',
    },
  ],
  exits: {
    0: 'it was exported',
    1: 'the input is malformed, or has no such form',
  },
  more: ['docs/export.md'],
};
