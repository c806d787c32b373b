/** Rows that several verbs have. */
import { defaultKernel, newestKernel, oldestKernel } from '../../kernel/history.ts';
import type { Option, Options } from './command.ts';

export const kernelOptions: Options = {
  kernel: {
    value: 'RELEASE',
    offers: 'release',
    about: `the kernel to model, ${oldestKernel} to ${newestKernel} (default: ${defaultKernel})`,
  },
  with: {
    value: 'COMMIT',
    multiple: true,
    offers: 'commit',
    about: `and with a commit that the release does not have; 7 digits of it will do; repeat, or
      separate by ","`,
  },
  without: {
    value: 'COMMIT',
    multiple: true,
    offers: 'commit',
    about: 'and without one that it has',
  },
};

export const outputOption: Option = {
  short: 'o',
  value: 'FILE',
  offers: 'file',
  about: 'where to print it (default: standard output)',
};

export const mismatchOption: Option = {
  value: 'WHAT',
  choices: ['stop', 'go-on'],
  about: 'where it does not fit: stop (default), or go-on as near to it as can be',
};

/** Where files are read and nothing is written. */
export const cannotRead =
  'the command line is wrong, a file cannot be read, or there is no program in it';
