/** The table of `epollsim conform`. */
import { newestKernel, oldestKernel } from '../../kernel/history.ts';
import type { Command } from './command.ts';
import { someFiles } from './command.ts';

export const conform: Command = {
  name: 'conform',
  summary: 'scenarios on the model and on the Linux underneath',
  usage: ['[options] [FILE...]'],
  about: `Plays scenarios on the model and on the kernel underneath, and compares the transcripts byte
    for byte; without FILE, the whole corpus. What was recorded is compared too. Where there is no live
    side (not Linux, no C compiler) the model is compared with what was recorded, and that is said.`,
  operands: { ...someFiles, least: 0 },
  options: [
    {
      options: {
        kernel: {
          value: 'RELEASE',
          offers: 'release',
          about: `the kernel to model (default: the one compared with, if ${oldestKernel} to
            ${newestKernel})`,
        },
        repeat: {
          value: 'N',
          about: 'plays each scenario N times on the kernel (default: 1; 3 with --record)',
        },
        samples: {
          value: 'N',
          about: 'plays each concurrent scenario N times on the kernel (default: 200)',
        },
        jobs: {
          short: 'j',
          value: 'N',
          about: 'how many are played at a time (default: twice the number of CPUs)',
        },
        json: { about: 'an object a line for each scenario, and one at the end that counts them' },
        'no-live': { about: 'leaves the kernel underneath alone' },
      },
    },
    {
      options: {
        record: {
          about: "writes scenarios and transcripts into the corpus, with the kernel's release",
        },
        group: {
          value: 'NAME',
          about: 'of which group they are (default: the name of the file)',
        },
        about: { value: 'TEXT', about: 'what the group is about' },
        corpus: {
          value: 'DIR',
          offers: 'folder',
          about: "where the corpus is (default: the package's own)",
        },
      },
    },
  ],
  examples: [
    {
      line: 'epollsim conform --no-live corpus/linux-6.18/handshake.scenarios.ndjson',
      about: 'the model, and what was recorded on Linux 6.18',
    },
    {
      line: 'epollsim conform examples/pipe-every-write.json',
      about: 'the model, and the kernel underneath',
      needs: 'Linux',
    },
    {
      line: 'epollsim conform --json --no-live corpus/linux-6.18/connections.scenarios.ndjson',
      about: 'for a script',
    },
  ],
  exits: {
    0: 'everything that was compared is equal',
    1: 'something differs, hangs, changes from play to play, or is malformed',
    3: 'there was nothing to compare with',
    130: 'Ctrl-C; what was compared until then is counted',
  },
  more: ['docs/conformance.md', 'corpus/README.md'],
};
