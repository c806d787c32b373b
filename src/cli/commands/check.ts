/** The table of `epollsim check`. */
import type { StrategyName } from '../../check/check.ts';
import { type LibertyKind, libertyRules } from '../../sim/liberty.ts';
import type { Memory } from '../../sim/schedule.ts';
import type { Command } from './command.ts';
import { someFiles } from './command.ts';
import { cannotRead, kernelOptions, mismatchOption } from './shared.ts';

export const strategies: Readonly<Record<StrategyName, string>> = {
  exhaustive: 'every interleaving that can be told apart (default)',
  random: 'executions at random',
  pct: 'random priorities that change at a few steps, which finds rare bugs sooner',
  replay: 'only the execution that --schedule describes',
};

/** The kinds of liberties, and all of them. */
export const liberties: Readonly<Record<LibertyKind | 'all', string>> = {
  all: 'any of these',
  ...(Object.fromEntries(
    Object.entries(libertyRules).map(([kind, { what }]) => [kind, what]),
  ) as Record<LibertyKind, string>),
};

export const memories: Readonly<Record<Memory, string>> = {
  sc: 'what a thread writes is seen at once (default)',
  tso: 'late where no barrier stands, as on x86; see docs/tso.md',
};

export const check: Command = {
  name: 'check',
  summary: 'every interleaving of programs and scenarios',
  usage: ['[options] FILE...'],
  about: `Runs each program (TypeScript or JavaScript) and each concurrent scenario (JSON, or NDJSON
    with one a line; - is standard input) of the files on every interleaving that can be told apart.
    Of a program it says whether any interleaving breaks it, and shows a short one that does; of
    a scenario it lists the outcomes, how many executions came to each, and one of them, and what was
    found, in it and in as small a scenario as shows the same. Where a limit ends the search of a
    scenario, some thousand executions are taken at random from all that there are.`,
  operands: someFiles,
  options: [
    {
      options: {
        ...kernelOptions,
        memory: {
          value: 'ORDER',
          choices: memories,
          about: 'when other threads see what one writes in the kernel',
        },
      },
    },
    {
      options: {
        strategy: { value: 'NAME', choices: strategies, about: 'which interleavings are run' },
        seed: { value: 'N', about: 'what random and pct follow from (default: 1)' },
        preemptions: {
          value: 'N',
          about: 'only executions in which a thread that can go on is made to wait at most N times',
        },
        'max-executions': { value: 'N', about: '(default: 100000; 1000 for random and pct)' },
        'max-steps': { value: 'N', about: 'of one execution (default: 20000)' },
        'time-limit': {
          value: 'S',
          about: 'in seconds, for each program or scenario (default: none)',
        },
        schedule: {
          value: 'FILE',
          offers: 'file',
          about: 'only the execution that this schedule describes; each step is checked',
        },
        'on-mismatch': mismatchOption,
      },
    },
    {
      options: {
        queue: {
          value: 'URL',
          about: `hand out parts to workers on other machines, through the Redis at
            redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], or rediss:// for TLS, once it takes
            longer than a second or two: epollsim worker --help`,
        },
        off: {
          value: 'DETECTOR',
          multiple: true,
          offers: 'detector',
          about: 'a detector that is not to speak; repeat, or separate by ","',
        },
        herd: {
          about: `instead, who is woken, and for what: wake-ups an event, wasted ones, the share of
            each waiter, steps from an event until somebody is told of it; as it is written, and with
            LT, ET, ONESHOT, EXCLUSIVE, an epoll instance for each waiter, and SO_REUSEPORT in its
            place; on all interleavings if there are no more than 1000 (or --max-executions) of them,
            else on 200: of a program those of play --seed 0, 1, …; with --schedule, or for a scenario
            in lockstep, on one: see docs/herd.md`,
        },
        show: {
          value: 'N',
          about: `of a program, also show N of the interleavings in which nothing was found; of a
            scenario, give the schedules of N outcomes`,
        },
        'show-all': { about: 'and of all of them' },
        out: {
          short: 'o',
          value: 'FILE',
          offers: 'file',
          about: `where to write what play shows a finding by: of a program the schedule of the first
            finding, of scenarios the smaller ones (default: with the finding)`,
        },
        json: { about: 'a line of JSON for each program or scenario' },
      },
    },
    {
      title: 'of programs',
      options: {
        all: { about: 'go on after the first finding' },
        liberties: {
          value: 'KIND',
          multiple: true,
          choices: liberties,
          about: `let the kernel do what Linux may do and need not; repeat, or separate by ",": see
            docs/liberties.md`,
        },
        'max-liberties': {
          value: 'N',
          about: 'how many of them in one execution, at most (default: 1; 3 for random and pct)',
        },
        shared: {
          about: `threads share all variables of the program, touched behind calls (default: those
            that it is seen to touch; see docs/checker.md)`,
        },
        'shared-anytime': {
          about: `the same, and others come between a call and the code behind it; few programs are small
            enough`,
        },
        unshared: { about: 'they share none while they run: only their calls count' },
        strict: { about: 'a program that waits for ever is wrong, whatever it waits for' },
        workers: {
          short: 'j',
          value: 'N',
          about: `processes that share the work once it takes longer than a second or two (default:
            one a CPU); how many executions cover everything may differ a little with it`,
        },
        checkpoint: {
          value: 'FILE',
          offers: 'file',
          about: `where Ctrl-C or a limit leaves what is still to do (default: none for a limit,
            epollsim-checkpoint.json for Ctrl-C)`,
        },
        resume: { value: 'FILE', offers: 'file', about: 'go on from there' },
      },
    },
    {
      title: 'of scenarios',
      options: {
        'max-minimise': {
          value: 'N',
          about: `executions that may go into a smaller scenario with the same finding, for each
            finding (default: 10000; 0 leaves scenarios as they are)`,
        },
      },
    },
  ],
  notes: `Progress is shown on a terminal. Ctrl-C ends the search with what was found until then, and
    the search for a smaller scenario with the smallest one until then.`,
  examples: [
    {
      line: 'epollsim check examples/false-negative.ts',
      about: 'a race of Linux: a short interleaving that breaks the program',
      exit: 1,
    },
    {
      line: 'epollsim check --kernel 7.3 examples/false-negative.ts',
      about: 'a kernel with the fix: every interleaving, and none breaks it',
    },
    {
      line: 'epollsim check --strategy pct --seed 7 --json --kernel 7.3 examples/false-negative.ts',
      about: 'executions at random, for a script',
      exit: 4,
    },
    {
      line: 'epollsim check --herd examples/herd.json',
      about: 'who is woken, and for what, by how they wait',
    },
  ],
  exits: {
    0: 'every interleaving was covered, and nothing was found',
    1: 'something was found, or a scenario is malformed',
    2: cannotRead,
    4: 'nothing was found, but not every interleaving was covered',
    130: 'Ctrl-C; what was found until then is printed',
  },
  more: ['docs/checker.md', 'docs/detectors/README.md', 'docs/herd.md', 'docs/queue.md'],
};
