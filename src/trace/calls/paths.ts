/**
 * The arguments of the calls on paths and inotify. See parameters.ts.
 */

import { __O_TMPFILE, AT_FDCWD, O_CREAT } from '../../kernel/uapi/fcntl.ts';
import {
  inotifyFlagNames,
  inotifyMaskNames,
  openFlags,
  renameFlagNames,
  whenceNames,
} from '../../kernel/uapi/names.ts';
import { arg, flags, number, oneOf, type Parameter, type ShownCall } from './parameters.ts';

const path = (index: number): Parameter => arg<string>(index, (text) => JSON.stringify(text));
const directory = (index: number): Parameter =>
  arg<number>(index, (fd) => (fd === AT_FDCWD ? 'AT_FDCWD' : String(fd)));
const octal = (index: number): Parameter =>
  arg<number>(index, (mode) => `0${mode.toString(8)}`.padStart(3, '0'));

/** The mode is shown where the call may make a file. */
const opened = (at: number, call: ShownCall): readonly Parameter[] => {
  const word = arg<number>(at, openFlags);
  const makes = ((call.args[at] as number) & (O_CREAT | __O_TMPFILE)) !== 0;
  return makes ? [path(at - 1), word, octal(at + 1)] : [path(at - 1), word];
};

export const pathSignatures: Readonly<
  Record<string, readonly Parameter[] | ((call: ShownCall) => readonly Parameter[])>
> = {
  open: (call) => opened(1, call),
  openat: (call) => [directory(0), ...opened(2, call)],
  lseek: [number(0), number(1), oneOf(2, whenceNames, 'SEEK')],
  truncate: [path(0), number(1)],
  ftruncate: [number(0), number(1)],
  mkdir: [path(0), octal(1)],
  rmdir: [path(0)],
  link: [path(0), path(1)],
  unlink: [path(0)],
  rename: [path(0), path(1)],
  renameat2: [directory(0), path(1), directory(2), path(3), flags(4, renameFlagNames, 'RENAME')],
  inotify_init1: [flags(0, inotifyFlagNames, 'IN')],
  inotify_add_watch: [number(0), path(1), flags(2, inotifyMaskNames, 'IN')],
  inotify_rm_watch: [number(0), number(1)],
};
