/** The ways in which tasks can wait for the same files, and who waits for what as it is written. */
import { EPOLLET, EPOLLEXCLUSIVE, EPOLLONESHOT } from '../../kernel/uapi/eventpoll.ts';

export interface Arrangement {
  readonly name: string;
  /** What takes the place of EPOLLET, EPOLLONESHOT and EPOLLEXCLUSIVE; null leaves masks as they are. */
  readonly flags: number | null;
  /** One epoll instance for all who wait, or one for each; null leaves that as it is. */
  readonly sets: 'one' | 'each' | null;
  /** Each waiter has a listener of its own, with SO_REUSEPORT. */
  readonly reuseport: boolean;
}

/** Those that an arrangement puts something in the place of. */
export const arrangedFlags: number = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE;

const row = (
  name: string,
  flags: number | null,
  sets: Arrangement['sets'],
  reuseport = false,
): Arrangement => ({ name, flags, sets, reuseport });

export const asWritten: Arrangement = row('as written', null, null);

/** In the order in which they are shown. */
export const arrangements: readonly Arrangement[] = [
  row('LT', 0, 'one'),
  row('ET', EPOLLET, 'one'),
  row('ONESHOT', EPOLLONESHOT, 'one'),
  row('EXCLUSIVE', EPOLLEXCLUSIVE, 'one'),
  row('LT, own sets', 0, 'each'),
  row('ET, own sets', EPOLLET, 'each'),
  row('ONESHOT, own sets', EPOLLONESHOT, 'each'),
  row('EXCLUSIVE, own sets', EPOLLEXCLUSIVE, 'each'),
  row('SO_REUSEPORT', 0, 'each', true),
];

/**
 * A task: `main`, and behind a slash which one of those that it started. What a task makes is known
 * by its path and a number: `main#1` is the first.
 */
export type Path = string;

const nobody: ReadonlySet<Path> = new Set();

/** What executions as they are written showed. */
export class Topology {
  /** By epoll instance. */
  readonly sets: Map<string, { readonly waiters: Set<Path>; watched: boolean }> = new Map();
  /** EPOLL_CTL_ADDs of files that are in the sets of several who wait. */
  readonly common: Set<string> = new Set();
  /** Instances that have one of these. */
  readonly commonSets: Set<string> = new Set();
  /** By bind() of a listener, the tasks that wait for it. */
  readonly listeners: Map<string, Set<Path>> = new Map();
  /** The names of those who wait. */
  readonly names: Map<Path, string> = new Map();

  /** Those in which several tasks wait. */
  get shared(): string[] {
    return [...this.sets].flatMap(([key, { waiters }]) => (waiters.size > 1 ? [key] : []));
  }

  waitersOf(key: string): ReadonlySet<Path> {
    return this.sets.get(key)?.waiters ?? nobody;
  }

  /** Whoever waits for something that others wait for too; everybody where nobody does. */
  isCounted(key: string): boolean {
    const waiters = this.waitersOf(key).size;
    if (waiters > 1 || this.commonSets.has(key)) return true;
    return waiters > 0 && this.commonSets.size === 0 && this.shared.length === 0;
  }

  /** Several tasks wait for a file, each in an instance of its own. */
  get isSplit(): boolean {
    return this.shared.length === 0 && this.common.size > 0;
  }

  /** The name of a task, with its path where several have it. */
  labelOf(path: Path, comm: string): string {
    const namesakes = [...this.names.values()].filter((name) => name === comm);
    return namesakes.length > 1 ? `${comm} (${path})` : comm;
  }

  /** Why it cannot be arranged so; null if it can. */
  refusal({ reuseport, sets }: Arrangement): string | null {
    if (sets === 'one' && this.isSplit) return 'each who waits has an epoll instance of its own';
    if (sets === 'each' && !this.isSplit) {
      if (this.shared.length === 0) return 'no two tasks wait for the same';
      const inner = this.shared.some((key) => this.sets.get(key)?.watched === true);
      if (inner) return 'the epoll instance is watched itself';
    }
    return reuseport && this.listeners.size === 0
      ? 'nobody waits for a TCP listener that was bound to its port'
      : null;
  }
}
