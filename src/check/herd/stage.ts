/** One execution that is arranged otherwise than it is written: what its tasks have made so far. */
import { eventpoll } from '../../kernel/eventpoll/types.ts';
import type { file } from '../../kernel/file.ts';
import type { task_struct } from '../../kernel/sched.ts';
import type { sockaddr } from '../../net/socket.ts';
import type { Interest } from '../../syscalls/sys.ts';
import type { Arrangement, Path, Topology } from './arrangement.ts';
import type { Measure } from './measure.ts';

/** An epoll instance. */
export interface EpollHere {
  readonly key: string;
  /** Those that take its place, by the task that waits in each; null where it stays. */
  readonly own: ReadonlyMap<Path, number> | null;
  /** By descriptor, what was asked for. */
  readonly interests: Map<number, Interest>;
  readonly waiters: Set<Path>;
  watched: boolean;
}

/** A socket. */
export interface SocketHere {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** Where it was bound; null before. */
  bound: { readonly key: string; readonly address: sockaddr } | null;
  listens: boolean;
  /** Those that take its place, by task; null where it stays. */
  own: ReadonlyMap<Path, number> | null;
}

/** An EPOLL_CTL_ADD. */
interface Added {
  readonly key: string;
  readonly ep: EpollHere;
  readonly file: file;
}

/** It cannot be arranged so. */
export class CannotArrange extends Error {
  override readonly name: string = 'CannotArrange';
}

export class Stage {
  readonly arrangement: Arrangement;
  /** What is known of the program; null while that is found out. */
  readonly topology: Topology | null;
  readonly measure: Measure;
  readonly epolls: Map<eventpoll, EpollHere> = new Map();
  readonly sockets: Map<file, SocketHere> = new Map();
  private readonly added: Added[] = [];
  private readonly names: Map<Path, string> = new Map();

  constructor(arrangement: Arrangement, topology: Topology | null, measure: Measure) {
    this.arrangement = arrangement;
    this.topology = topology;
    this.measure = measure;
    if (topology === null) return;
    measure.counts = (ep) => {
      const here = this.epolls.get(ep);
      return here !== undefined && topology.isCounted(here.key);
    };
  }

  epollAt(task: task_struct, epfd: number): EpollHere | null {
    const { private_data = null } = task.files.fd[epfd] ?? {};
    return private_data instanceof eventpoll ? (this.epolls.get(private_data) ?? null) : null;
  }

  socketAt(task: task_struct, fd: number): SocketHere | null {
    const file = task.files.fd[fd];
    return file == null ? null : (this.sockets.get(file) ?? null);
  }

  /** A task waits. */
  noteWaiter(path: Path, { comm }: task_struct, ep: EpollHere): void {
    ep.waiters.add(path);
    this.names.set(path, comm);
  }

  noteAdded(key: string, ep: EpollHere, file: file): void {
    this.added.push({ key, ep, file });
  }

  /** Adds what this execution, as it is written, has shown. */
  tell(topology: Topology): void {
    for (const [path, comm] of this.names) topology.names.set(path, comm);
    for (const { key, waiters, watched } of this.epolls.values()) {
      let known = topology.sets.get(key);
      if (known === undefined) topology.sets.set(key, (known = { waiters: new Set(), watched }));
      for (const path of waiters) known.waiters.add(path);
      known.watched ||= watched;
    }
    for (const { ep, file, key } of this.added) {
      const waiters = new Set<Path>();
      const sets = new Set<EpollHere>();
      for (const other of this.added) {
        if (other.file !== file || other.ep.waiters.size === 0) continue;
        sets.add(other.ep);
        for (const path of other.ep.waiters) waiters.add(path);
      }
      if (waiters.size < 2 || ep.waiters.size === 0) continue;
      if (sets.size > 1) {
        topology.common.add(key);
        topology.commonSets.add(ep.key);
      }
      const { bound = null, listens = false } = this.sockets.get(file) ?? {};
      if (bound === null || !listens) continue;
      const known = topology.listeners.get(bound.key) ?? new Set();
      for (const path of waiters) known.add(path);
      topology.listeners.set(bound.key, known);
    }
  }
}
