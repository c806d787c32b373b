/** What --help prints. */

import { defaultKernel, newestKernel, oldestKernel } from '../kernel/history.ts';
import { defaultMaxSteps } from './arguments.ts';

const releases = `${oldestKernel} to ${newestKernel}`;

export const help: string = `epollsim: Linux eventpoll, played step by step

usage: epollsim play [options] FILE...
       epollsim check [options] FILE...       every interleaving of programs and scenarios
       epollsim why FILE --step N             why an event came, and why another one did not
       epollsim compare [FILE] --kernels A,B  the first step at which two kernels part, and why
       epollsim worker --queue URL            helps with checks that run on other machines
       epollsim export --to FORM FILE         a scenario or program as C, a test, a link, …
       epollsim kernels [options]             the releases and commits that can be modelled
       epollsim races [NAME]                  races of Linux and of programs: how, and the fix
       epollsim strace [options] FILE         the log that strace wrote of a program, explained
       epollsim conform [options] [FILE...]   scenarios on the model and on the Linux underneath
       epollsim fuzz [options]                the same with random scenarios
       epollsim kit [options]                 the conformance kit for other kernels, as an archive
       epollsim VERB --help                   the options of check, worker, export, strace, …

play: plays scenarios (JSON, or NDJSON with one a line) and programs (TypeScript or JavaScript with
"export default function* main(sys)"). What a file is shows in its content; - is standard input.

  -f, --format FORMAT   what to print (default: table on a terminal, transcript elsewhere)
        table             state, a column a thread, a row a step
        transcript        one JSON line a scenario: what every call returned
        strace            the system calls, as strace -f prints them
        graph             kernel functions, as ftrace's function_graph tracer prints them
        state             trees, lists, queues and who sleeps where, after each step
        perfetto          a trace to open in ui.perfetto.dev
        mermaid           a sequence diagram
      --json            table, strace, graph, state: the data behind it, a JSON object a line
      --coverage        which branches of eventpoll, wait queues and tcp_poll were taken, instead of
                        what happened
  -o, --output FILE     where to print it (default: standard output)

      --kernel RELEASE  the kernel to model, ${releases} (default: ${defaultKernel})
      --with COMMIT     and with a commit that the release does not have; 7 digits of it will do;
                        repeat, or separate by ","
      --without COMMIT  and without one that it has
      --seed N          the schedule: 0 lets each thread run until it sleeps, any other number
                        chooses at random, always the same way (default: 0)
      --schedule FILE   the schedule of a program or a concurrent scenario in words, as check prints
                        it; each step is checked
      --on-mismatch W   where it does not fit: stop (default), or go-on as near to it as can be
      --cpus N          how many CPUs the machine has (default: 2)
      --max-steps N     ends a program or scenario that has not come to rest after so many operations
                        and calls (default: ${defaultMaxSteps})

  -h, --help            this text
  -v, --version         the version

exit codes:
  0  everything was played
  1  a scenario is malformed or could not be played to its end, or a program failed: it threw, its
     threads sleep or loop for ever, or the modelled kernel has a bug; the rest was played
  2  the command line is wrong, or a file cannot be read or written
  130  Ctrl-C; what was written of a perfetto trace is whole
`;
