/** The calls on files by their paths, and inotify, as perform.ts makes all the others. */
import type { Kernel } from '../kernel/op.ts';
import { TCSETS } from '../kernel/uapi/ioctls.ts';
import { type inotify_event, inotifyEvents } from '../syscalls/inotify.ts';
import { shownInotify } from './inotify.ts';
import { descriptor, number, type Outcome, type Surroundings } from './outcome.ts';
import type { Step } from './scenario.ts';
import { termiosOf } from './terminal.ts';

export type FileCall =
  | 'open'
  | 'lseek'
  | 'mkdir'
  | 'rmdir'
  | 'unlink'
  | 'link'
  | 'rename'
  | 'tcsetattr'
  | 'inotify_init1'
  | 'inotify_add_watch'
  | 'inotify_rm_watch';

export type FileStep = Extract<Step, { readonly call: FileCall }>;

/** Where the paths of a scenario begin. */
export const folder = '/tmp/';

function whole(path: string): string {
  return path.startsWith('/') ? path : folder + path;
}

export function performOnFile(step: FileStep, at: Surroundings): Kernel<Outcome> {
  const { sys } = at;
  switch (step.call) {
    case 'open':
      return descriptor(sys.open(whole(step.args.path), step.args.flags, step.args.mode));
    case 'lseek': {
      const { fd, offset, whence } = step.args;
      return number(sys.lseek(at.fd(fd), offset, whence));
    }
    case 'mkdir':
      return number(sys.mkdir(whole(step.args.path)));
    case 'rmdir':
      return number(sys.rmdir(whole(step.args.path)));
    case 'unlink':
      return number(sys.unlink(whole(step.args.path)));
    case 'link':
      return number(sys.link(whole(step.args.from), whole(step.args.to)));
    case 'rename':
      return number(sys.rename(whole(step.args.from), whole(step.args.to)));
    case 'tcsetattr': {
      const { fd, actions } = step.args;
      return number(sys.ioctl(at.fd(fd), TCSETS + actions, termiosOf(step.args)));
    }
    case 'inotify_init1':
      return descriptor(sys.inotify_init1(step.args.flags));
    case 'inotify_add_watch': {
      const { fd, path, mask } = step.args;
      return number(sys.inotify_add_watch(at.fd(fd), whole(path), mask));
    }
    case 'inotify_rm_watch':
      return number(sys.inotify_rm_watch(at.fd(step.args.fd), step.args.wd));
  }
}

/** What a read of an inotify instance brought. */
export const shownEventsRead = (bytes: Uint8Array, length: number): readonly string[] =>
  shownInotify(inotifyEvents(bytes, length) satisfies inotify_event[]);
