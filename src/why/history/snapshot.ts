/** The state at one moment: the instances with their items, and what each open file lacks. */

import type { epitem } from '../../kernel/eventpoll/types.ts';
import { EP_PRIVATE_BITS, EP_UNACTIVE_PTR, eventpoll } from '../../kernel/eventpoll/types.ts';
import { rbNodes } from '../../kernel/rbtree.ts';
import type { task_struct } from '../../kernel/sched.ts';
import { readyBits } from '../../trace/readiness.ts';
import { filesOf } from '../../trace/views/files.ts';
import { type Shortfall, shortfallOf } from '../shortfall.ts';
import { isSignalfd, type Objects } from './objects.ts';

/** An item at one moment. */
export interface ItemNow {
  readonly id: number;
  readonly name: string;
  readonly fd: number;
  readonly file: number;
  readonly fileName: string;
  readonly mask: number;
  readonly disarmed: boolean;
  /** All that its file has ready; null where that cannot be told. */
  readonly ready: number | null;
  readonly on: 'rdllist' | 'ovflist' | 'txlist' | null;
  /** Whether it watches a signalfd, which has something else ready for each who asks. */
  readonly signalfd: boolean;
}

export interface EpollNow {
  readonly id: number;
  readonly name: string;
  readonly items: readonly ItemNow[];
  /** Who is inside of a scan. */
  readonly scanner: string | null;
}

/** What there is at the end of a step. */
export interface Snapshot {
  readonly seq: number;
  readonly epolls: readonly EpollNow[];
  /** What each open file lacks, by its number. */
  readonly lacks: ReadonlyMap<number, Shortfall>;
  /** Of each open file, under which numbers and where: `3 of main`. */
  readonly open: ReadonlyMap<number, readonly string[]>;
  /** What each open file is called. */
  readonly names: ReadonlyMap<number, string>;
  /** The files that some item watches. */
  readonly watched: ReadonlySet<number>;
  /** The files that are epoll instances. */
  readonly instances: ReadonlySet<number>;
}

/** `seq`: how far the trace has come. */
export function snapshotOf(objects: Objects, seq: number): Snapshot {
  const { kernel } = objects;
  const epolls = epollsNow(objects);
  const lacks = new Map<number, Shortfall>();
  const open = new Map<number, string[]>();
  const names = new Map<number, string>();
  const instances = new Set<number>();
  for (const { descriptors, file } of filesOf(kernel)) {
    const id = objects.idOf(file);
    lacks.set(
      id,
      shortfallOf(file, kernel, (one) => objects.nameOf(one)),
    );
    names.set(id, objects.nameOf(file));
    if (file.private_data instanceof eventpoll) instances.add(id);
    open.set(
      id,
      descriptors.map(({ fd, tgid }) => `${fd} of ${kernel.tasks.get(tgid)?.comm ?? tgid}`),
    );
  }
  const watched = new Set(epolls.flatMap(({ items }) => items.map(({ file }) => file)));
  return { seq, epolls, lacks, open, names, watched, instances };
}

/** Empty where nobody can be asked: a poll method takes locks, which each task may hold. */
function epollsNow(objects: Objects): EpollNow[] {
  const { kernel } = objects;
  const task = [...kernel.tasks.values()].find(({ lockdep_depth }) => lockdep_depth === 0);
  if (task === undefined) return [];
  return filesOf(kernel).flatMap(({ file }) =>
    file.private_data instanceof eventpoll
      ? [epollNow(file.private_data, objects.nameOf(file), task, objects)]
      : [],
  );
}

function epollNow(ep: eventpoll, name: string, task: task_struct, objects: Objects): EpollNow {
  const ready = new Set<epitem>(ep.rdllist);
  const overflow = overflowOf(ep);
  const items = rbNodes(ep.rbr).map((epi): ItemNow => {
    const { file, fd } = epi.ffd;
    const linked = epi.rdllink.next !== epi.rdllink;
    return {
      id: objects.idOf(epi),
      name: objects.nameOf(epi),
      fd,
      file: objects.idOf(file),
      fileName: objects.nameOf(file),
      mask: epi.event.events,
      disarmed: (epi.event.events & ~EP_PRIVATE_BITS) === 0,
      ready: readyBits(file, task),
      signalfd: isSignalfd(file),
      on: overflow.has(epi) ? 'ovflist' : ready.has(epi) ? 'rdllist' : linked ? 'txlist' : null,
    };
  });
  const scans = ep.ovflist !== EP_UNACTIVE_PTR || items.some(({ on }) => on === 'txlist');
  const scanner = scans ? (ep.mtx.owner?.comm ?? null) : null;
  return { id: objects.idOf(ep), name, items, scanner };
}

function overflowOf({ ovflist }: eventpoll): ReadonlySet<unknown> {
  const overflow = new Set<unknown>();
  for (let epi = ovflist; epi !== null && epi !== EP_UNACTIVE_PTR; epi = epi.next) {
    overflow.add(epi);
  }
  return overflow;
}
