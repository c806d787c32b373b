/**
 * A kernel release is the set of commits that it contains. Listed are those that changed what a
 * program or the checker can see; the code asks for them where it matters.
 *
 * Not listed yet: what changed in the sleep of epoll_wait from 5.0 to 5.11 (see docs/limits.md).
 *
 * A machine is built for a release (`'6.18'`, `'5.7'`, `'4.20'`), with or without single commits.
 */

/** One commit that changed behaviour. */
export interface Commit {
  readonly title: string;
  /** The first release that has it. */
  readonly release: string;
  /** What changed, and what follows for a program. */
  readonly effect: string;
}

export type CommitId =
  | 'a218cc491420'
  | 'c141175d011f'
  | '339ddb53d373'
  | '1b6b26ae7053'
  | '0c54a6a44bf3'
  | '3b844826b6c6'
  | '58169a52ebc9'
  | '7fab29e35630'
  | 'a16ceb139610'
  | '18e2bf0edf4d'
  | 'ae3a4f1fdc2c'
  | 'f2e467a48287'
  | '0c43094f8cc9';

export const commits: Readonly<Record<CommitId, Commit>> = {
  a218cc491420: {
    title: 'epoll: use rwlock in order to reduce ep_poll_callback() contention',
    release: '5.1',
    effect: 'callbacks of one instance run on several CPUs at once',
  },
  c141175d011f: {
    title: 'epoll: make sure all elements in ready list are in FIFO order',
    release: '5.1',
    effect: 'events that arrive during a scan are reported in the order of arrival',
  },
  '339ddb53d373': {
    title: 'fs/epoll: remove unnecessary wakeups of nested epoll',
    release: '5.5',
    effect: 'the end of a scan wakes nobody, so an outer ET instance sees no second event',
  },
  '1b6b26ae7053': {
    title: 'pipe: fix and clarify pipe write wakeup logic',
    release: '5.5',
    effect: 'a write wakes readers only if the pipe was empty',
  },
  '0c54a6a44bf3': {
    title: 'epoll: fix missing wakeup for ovflist in ep_poll_callback',
    release: '5.7',
    effect: 'an event that arrives during a scan wakes a waiter at once',
  },
  '3b844826b6c6': {
    title: 'pipe: avoid unnecessary EPOLLET wakeups under normal loads',
    release: '5.14',
    effect: 'every write wakes the readers of a pipe that was ever polled',
  },
  '58169a52ebc9': {
    title: 'epoll: add syscall epoll_pwait2',
    release: '5.11',
    effect: 'epoll_pwait2 exists; before, ENOSYS',
  },
  '7fab29e35630': {
    title: 'fs/epoll: restore waking from ep_done_scan()',
    release: '5.13',
    effect: 'the end of a scan wakes one more waiter if something is left',
  },
  a16ceb139610: {
    title: 'epoll: autoremove wakers even more aggressively',
    release: '6.0',
    effect: 'a wakeup takes the entry off ep->wq even if the task was awake',
  },
  '18e2bf0edf4d': {
    title: 'eventpoll: Add epoll ioctl for epoll_params',
    release: '6.9',
    effect: 'an unknown ioctl on an epoll is EINVAL; before, ENOTTY',
  },
  ae3a4f1fdc2c: {
    title: 'eventpoll: add epoll_sendevents() helper',
    release: '6.15',
    effect: 'epoll_wait refuses a bad descriptor before a bad maxevents',
  },
  f2e467a48287: {
    title: 'eventpoll: Fix semi-unbounded recursion',
    release: '6.17',
    effect: 'a sixth epoll in a row is ELOOP; before, EINVAL, and only above a watched file',
  },
  '0c43094f8cc9': {
    title: 'eventpoll: Replace rwlock with spinlock',
    release: '6.18',
    effect: 'callbacks of one instance exclude one another again',
  },
};

/** Which commits a kernel has. */
export type Patched = Readonly<Record<CommitId, boolean>>;

/** The release that a machine models unless it is told otherwise. */
export const defaultKernel = '6.18';
/** The oldest and the newest release that the list covers. */
export const oldestKernel = '4.20';
export const newestKernel = '6.18';

/** A release as a number that orders: 6.18 is 6018. NaN for what is not a release. */
function rank(release: string): number {
  const parts = /^(\d+)\.(\d+)$/.exec(release);
  return parts === null ? Number.NaN : Number(parts[1]) * 1000 + Number(parts[2]);
}

export interface KernelChoice {
  readonly kernel?: string | undefined;
  readonly with?: readonly string[] | undefined;
  readonly without?: readonly string[] | undefined;
}

/** The commits of a release, changed as told. Throws RangeError for what it does not know. */
export function patchedKernel(choice: KernelChoice = {}): Patched {
  const release: unknown = choice.kernel ?? defaultKernel;
  if (typeof release !== 'string') {
    throw new RangeError(
      `kernel: expected a release as a text, such as '${defaultKernel}', found ${String(release)}`,
    );
  }
  const wanted = rank(release);
  if (!(wanted >= rank(oldestKernel) && wanted <= rank(newestKernel))) {
    throw new RangeError(
      `unknown kernel "${release}": expected a release from ${oldestKernel} to ${newestKernel}, such as ${defaultKernel}`,
    );
  }
  const patched = {} as Record<CommitId, boolean>;
  for (const id of Object.keys(commits) as CommitId[]) {
    patched[id] = rank(commits[id].release) <= wanted;
  }
  for (const [list, has] of [
    [choice.with, true],
    [choice.without, false],
  ] as const) {
    for (const id of list ?? []) {
      if (!(id in commits)) {
        throw new RangeError(
          `unknown commit "${id}": expected one of ${Object.keys(commits).join(', ')}`,
        );
      }
      patched[id as CommitId] = has;
    }
  }
  return patched;
}
