/** The table of `epollsim play`. */
import type { Command } from './command.ts';
import { someFiles } from './command.ts';
import { kernelOptions, mismatchOption, outputOption } from './shared.ts';

export type FormatName =
  | 'table'
  | 'transcript'
  | 'strace'
  | 'graph'
  | 'state'
  | 'perfetto'
  | 'mermaid';

export const formats: Readonly<Record<FormatName, string>> = {
  table: 'state, a column a thread, a row a step',
  transcript: 'one JSON line a scenario: what every call returned',
  strace: 'the system calls, as strace -f prints them',
  graph: "kernel functions, as ftrace's function_graph tracer prints them",
  state: 'trees, lists, queues and who sleeps where, after each step',
  perfetto: 'a trace to open in ui.perfetto.dev',
  mermaid: 'a sequence diagram',
};

/** Less than a second, and more than a scenario needs. */
export const defaultMaxSteps = 1_000_000;

export const play: Command = {
  name: 'play',
  summary: 'scenarios and programs, step by step',
  usage: ['[options] FILE...'],
  about: `Plays scenarios (JSON, or NDJSON with one a line) and programs (TypeScript or JavaScript
    with "export default function* main(sys)", or an async function). What a file is shows in its content; - is standard
    input.`,
  operands: someFiles,
  options: [
    {
      options: {
        format: {
          short: 'f',
          value: 'FORMAT',
          choices: formats,
          about: 'what to print (default: table on a terminal, transcript elsewhere)',
        },
        json: {
          about: `table, strace, graph, state: the data behind it, a JSON object a line; transcript
            and perfetto are JSON anyway`,
        },
        coverage: {
          about: `which branches of eventpoll, wait queues and tcp_poll were taken, instead of what
            happened`,
        },
        output: outputOption,
      },
    },
    {
      options: {
        ...kernelOptions,
        seed: {
          value: 'N',
          about: `the schedule: 0 lets each thread run until it sleeps, any other number chooses at
            random, always the same way (default: 0)`,
        },
        schedule: {
          value: 'FILE',
          offers: 'file',
          about: `the schedule of a program or a concurrent scenario in words, as check prints it;
            each step is checked`,
        },
        'on-mismatch': mismatchOption,
        cpus: { value: 'N', about: 'how many CPUs the machine has (default: 2)' },
        'max-steps': {
          value: 'N',
          about: `ends a program or scenario that has not come to rest after so many operations and
            calls (default: ${defaultMaxSteps})`,
        },
      },
    },
  ],
  examples: [
    {
      line: 'epollsim play --format table examples/pipe-every-write.json',
      about: 'a scenario, and what the instance has after each step',
    },
    {
      line: 'epollsim play --kernel 5.10 examples/pipe-every-write.json',
      about: 'the same on another kernel: what every call returned, as JSON',
    },
    {
      line: 'epollsim play --format strace examples/surprise.ts',
      about: 'a program, as strace would show it',
    },
    {
      line: 'epollsim play --seed 2 --format graph examples/false-negative.ts',
      about: 'a race: the interleaving of seed 2, function by function',
      exit: 1,
    },
  ],
  exits: {
    0: 'everything was played',
    1: `a scenario is malformed or could not be played to its end, or a program failed: it threw,
      its threads sleep or loop for ever, or the modelled kernel has a bug; the rest was played`,
    130: 'Ctrl-C; what was written of a perfetto trace is whole',
  },
  more: ['README.md', 'docs/scenario-format.md', 'docs/coverage.md'],
};
