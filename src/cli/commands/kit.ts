/** The table of `epollsim kit`. */
import type { Command } from './command.ts';
import { nothing } from './command.ts';

export const kit: Command = {
  name: 'kit',
  summary: 'the conformance kit for other kernels, as an archive',
  usage: ['[options]'],
  about: `Packs the corpus with its transcripts, a player in C and a driver for a shell into one archive.
    The same input gives the same bytes.`,
  operands: nothing,
  options: [
    {
      options: {
        out: {
          short: 'o',
          value: 'FILE',
          offers: 'file',
          about: 'where to (default: epollsim-conformance-VERSION.tar.gz)',
        },
        group: {
          value: 'NAME',
          multiple: true,
          about: 'only this group of the corpus; repeat, or separate by ","',
        },
        corpus: {
          value: 'DIR',
          offers: 'folder',
          about: 'another corpus, as "epollsim conform --record --corpus DIR" makes it',
        },
        json: { about: 'an object: file, files, bytes' },
      },
    },
  ],
  examples: [
    { line: 'epollsim kit --group basic -o /tmp/kit.tar.gz', about: 'a small one' },
    {
      line: 'epollsim kit --group basic,nested -o /tmp/kit.tar.gz --json',
      about: 'of two groups, and what was packed for a script',
    },
  ],
  exits: { 0: 'it was packed' },
  more: ['docs/kit.md'],
};
