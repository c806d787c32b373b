/** The table of `epollsim lab`. */
import type { Command } from './command.ts';

/** Those that the lab speaks. */
export const languages: Readonly<Record<'en' | 'zh', string>> = {
  en: 'English (default)',
  zh: '中文',
};

export const lab: Command = {
  name: 'lab',
  summary: 'the lab in a browser, and its tasks graded',
  usage: ['[--port N] [--host ADDRESS]', 'check N FILE...', 'check FILE...'],
  about: `Serves the lab, a site in which epoll is understood by watching and by breaking it, to
    browsers of this machine, until Ctrl-C. It needs no network.

    "lab check" grades solutions with the checks of its pages, on every schedule that matters: programs
    (TypeScript or JavaScript; - is standard input) for lab N, or hand-ins, the JSON files that the
    pages write, with all labs in them, or lab N alone. Of one program it says what is wrong with it,
    and shows the schedule on which it is; several, or a hand-in, make a table.`,
  operands: {
    about: 'nothing, or check and what to check',
    least: 0,
    most: Number.POSITIVE_INFINITY,
    offers: 'file',
  },
  options: [
    {
      options: {
        port: { value: 'N', about: 'where to serve it; 0 takes one that is free (default: 3201)' },
        host: {
          value: 'ADDRESS',
          about: `the address of this machine to serve it at: 0.0.0.0 lets others in, who then see
            the lab and nothing else (default: 127.0.0.1)`,
        },
        json: {
          about: `the address and the folder as a JSON object; of lab check, an object for each
            solution, a line each`,
        },
      },
    },
    {
      title: 'of lab check',
      options: {
        language: { value: 'NAME', choices: languages, about: 'in which to say what is wrong' },
        'time-limit': {
          value: 'S',
          about: 'for each solution, in seconds; what takes longer has not passed (default: 60)',
        },
        jobs: {
          short: 'j',
          value: 'N',
          about: 'how many are graded at a time (default: one a CPU)',
        },
      },
    },
  ],
  notes: `Each solution runs in a process of its own, with the rights of whoever calls this. It is no
    sandbox: what strangers hand in belongs into a container.`,
  examples: [
    {
      line: 'epollsim lab',
      about: 'prints where a browser finds it',
      needs: 'site',
      exit: 130,
    },
    {
      line: 'epollsim lab check 6 examples/lab/read-all.ts',
      about: 'what is wrong with a solution, and when',
      exit: 1,
    },
    {
      line: 'epollsim lab check examples/lab/*.json',
      about: 'a folder of hand-ins as a table',
      exit: 1,
    },
  ],
  exits: {
    0: 'all of it has passed',
    1: 'something has not passed',
    2: `the command line is wrong, a file cannot be read, there is no program in it, or the port is
      taken`,
    130: 'Ctrl-C; what was graded until then is printed',
  },
  more: ['docs/command.md'],
};
