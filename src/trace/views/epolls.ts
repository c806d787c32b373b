/**
 * Views of epoll instances: tree, lists and queues.
 */
import {
  EP_PRIVATE_BITS,
  EP_UNACTIVE_PTR,
  ep_is_linked,
  type epitem,
  eventpoll,
  type OverflowLink,
} from '../../kernel/eventpoll/types.ts';
import type { task_struct } from '../../kernel/sched.ts';
import type { epoll_data_t } from '../../kernel/uaccess.ts';
import { epollFlags } from '../../kernel/uapi/names.ts';
import { type Descriptor, type OpenFile, type Waiter, waitersOf } from './files.ts';

/** An item: a file that an epoll instance watches. */
export interface ItemView {
  /** What it is called in traces: `ep3[4]`. */
  readonly name: string;
  /** The number that it was added under. */
  readonly fd: number;
  /** The file that it watches, by name. */
  readonly file: string;
  /** What is asked for, as the names of EPOLL* bits. */
  readonly events: string;
  /** What is handed back with each event; in hex where it is not a number of 32 bits. */
  readonly data: number | string;
  /** Which list it is on; `scan` is the private list of a scan that is going on. */
  readonly on: 'rdllist' | 'ovflist' | 'scan' | null;
  /** ONESHOT: it has reported, and is silent until EPOLL_CTL_MOD. */
  readonly disarmed: boolean;
  /** EPOLLWAKEUP: it keeps the machine awake. */
  readonly awake: boolean;
}

/** A node of the tree, and what is below it. */
export interface TreeNode {
  /** The item, by name. */
  readonly item: string;
  /** Its colour in the red-black tree. */
  readonly colour: 'red' | 'black';
  /** What is below it to the left; null if nothing. */
  readonly left: TreeNode | null;
  /** What is below it to the right; null if nothing. */
  readonly right: TreeNode | null;
}

/** An epoll instance. */
export interface EpollView {
  /** What it is called in traces: `ep3`. */
  readonly name: string;
  /** The descriptors by which it is open. */
  readonly descriptors: readonly Descriptor[];
  /** In the order of the tree. */
  readonly items: readonly ItemView[];
  /** The root of its red-black tree; null if it is empty. */
  readonly tree: TreeNode | null;
  /** Items by name, the first to be reported first. */
  readonly rdllist: readonly string[];
  /** Null unless a scan is going on; the newest first. */
  readonly ovflist: readonly string[] | null;
  /** Tasks that sleep in epoll_wait. */
  readonly wq: readonly Waiter[];
  /** Tasks and outer instances that watch the epoll descriptor itself. */
  readonly poll_wait: readonly Waiter[];
  /** Who holds ep->mtx. */
  readonly mtx: string | null;
}

type NameOf = (object: object) => string;

export function epollViews(files: readonly OpenFile[], name: NameOf): EpollView[] {
  return files
    .filter(({ file }) => file.private_data instanceof eventpoll)
    .map(({ file, descriptors }) => {
      const ep = file.private_data as eventpoll;
      return epollView(ep, descriptors, name);
    });
}

function epollView(ep: eventpoll, descriptors: readonly Descriptor[], name: NameOf): EpollView {
  const ready = new Set(ep.rdllist);
  const items = ep.rbr.tree.keys.map((epi) => itemView(epi, ready, name));
  const owner: task_struct | null = ep.mtx.owner;
  return {
    name: name(ep),
    descriptors,
    items,
    tree: treeOf(ep.rbr.tree.root, name),
    rdllist: [...ready].map(name),
    ovflist: overflowOf(ep, name),
    wq: waitersOf(ep.wq, name),
    poll_wait: waitersOf(ep.poll_wait, name),
    mtx: owner === null ? null : owner.comm,
  };
}

function itemView(epi: epitem, ready: ReadonlySet<epitem>, name: NameOf): ItemView {
  const { events, data } = epi.event;
  return {
    name: name(epi),
    fd: epi.ffd.fd,
    file: name(epi.ffd.file),
    events: epollFlags(events),
    data: plainData(data),
    on: listOf(epi, ready),
    disarmed: (events & ~EP_PRIVATE_BITS) === 0,
    awake: epi.ws?.active ?? false,
  };
}

const plainData = (data: epoll_data_t): number | string =>
  typeof data === 'bigint' ? data.toString() : data;

function listOf(epi: epitem, ready: ReadonlySet<epitem>): ItemView['on'] {
  if (ready.has(epi)) return 'rdllist';
  if (ep_is_linked(epi)) return 'scan';
  return epi.next === EP_UNACTIVE_PTR ? null : 'ovflist';
}

function overflowOf(ep: eventpoll, name: NameOf): string[] | null {
  if (ep.ovflist === EP_UNACTIVE_PTR) return null;
  const items: string[] = [];
  let epi: OverflowLink = ep.ovflist;
  while (epi !== null && epi !== EP_UNACTIVE_PTR) {
    items.push(name(epi));
    epi = epi.next;
  }
  return items;
}

/** A node of the library's tree; its colour has no public name. */
interface LibraryNode {
  readonly key: epitem;
  readonly _color: number;
  readonly left: LibraryNode | null;
  readonly right: LibraryNode | null;
}

function treeOf(node: unknown, name: NameOf): TreeNode | null {
  const at = (node ?? null) as LibraryNode | null;
  if (at === null) return null;
  return {
    item: name(at.key),
    colour: at._color === 0 ? 'red' : 'black',
    left: treeOf(at.left, name),
    right: treeOf(at.right, name),
  };
}
