/**
 * The structures of eventpoll, what guards each field, and the comparisons on them.
 * Linux: fs/eventpoll.c.
 *
 * Order of locks: epnested_mutex, then ep->mtx (an outer epoll before the ones it watches), then
 * file->f_lock, then ep->lock. A callback runs under the lock of the source's wait queue.
 *
 * Invariants: an item is on at most one of rdllist and a scan's private list; `next` is
 * EP_UNACTIVE_PTR unless the item is on ovflist; ovflist is EP_UNACTIVE_PTR unless a scan is open.
 */

import { current } from '../current.ts';
import type { file } from '../file.ts';
import { AtFirstUse, newIdentity, writesTo } from '../footprint.ts';
import { hlist_head, hlist_node, list_empty, list_head } from '../list.ts';
import { mutex } from '../mutex.ts';
import { type Named, Op } from '../op.ts';
import { init_poll_funcptr, type poll_table } from '../poll.ts';
import type { wakeup_source } from '../power.ts';
import { type rb_root, rbRoot } from '../rbtree.ts';
import { refcount_t } from '../refcount.ts';
import type { rwlock_t } from '../rwlock.ts';
import { type kmem_cache, kmem_cache_create } from '../slab.ts';
import { spinlock_t } from '../spinlock.ts';
import type { epoll_data_t, epoll_event } from '../uaccess.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLEXCLUSIVE,
  EPOLLHUP,
  EPOLLIN,
  EPOLLONESHOT,
  EPOLLOUT,
  EPOLLWAKEUP,
} from '../uapi/eventpoll.ts';
import type { user_struct } from '../user.ts';
import { wait_queue_entry, type wait_queue_func_t, wait_queue_head } from '../wait.ts';
import { nested_calls } from './nested_calls.ts';

/** Bits of the mask that say how to report, not what. */
export const EP_PRIVATE_BITS: number = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
export const EPOLLINOUT_BITS: number = EPOLLIN | EPOLLOUT;
export const EPOLLEXCLUSIVE_OK_BITS: number =
  EPOLLINOUT_BITS | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;

/** How many epoll instances may stand above one another, less one. */
export const EP_MAX_NESTS = 4;
/** INT_MAX / sizeof(struct epoll_event), which is packed to 12 bytes on x86-64. */
export const EP_MAX_EVENTS: number = Math.floor(0x7fffffff / 12);
/** sizeof(struct epitem) + sizeof(struct eppoll_entry) on x86-64. */
export const EP_ITEM_COST: number = 120 + 64;

/** Marks an item that is on no overflow list, and an overflow list that is not in use. */
export const EP_UNACTIVE_PTR = 'EP_UNACTIVE_PTR';
export type OverflowLink = epitem | null | typeof EP_UNACTIVE_PTR;

/** What an item is known by: the open file, and the number that it was added under. */
export interface epoll_filefd {
  readonly file: file;
  readonly fd: number;
}

/** Hangs an item on one wait queue of its file. */
export class eppoll_entry extends wait_queue_entry {
  next: eppoll_entry | null = null;
  readonly base: epitem;
  /** The queue; null once POLLFREE has announced its end. */
  whead: wait_queue_head | null;

  // Ours:
  freed = false;

  constructor(base: epitem, whead: wait_queue_head, callback: wait_queue_func_t) {
    super(callback, null);
    this.base = base;
    this.whead = whead;
  }

  /** In the entry itself, as in Linux. */
  get wait(): wait_queue_entry {
    return this;
  }
}

/** One registration: a file in an epoll instance. */
export class epitem implements epoll_filefd, epoll_event {
  // Ours: of `file`. What ep_cmp_ffd() compares is in the item itself, as a large tree is in no cache.
  readonly address: number;
  // `ffd`:
  readonly fd: number;
  readonly file: file;

  // Under ep.lock:
  readonly rdllink: list_head<epitem> = new list_head<epitem>(this);
  next: OverflowLink = EP_UNACTIVE_PTR;

  ep: eventpoll;

  // Under ep.mtx; ep_poll_callback() reads `event` under ep.lock only, and `ws` under RCU:
  ws: wakeup_source | null = null;
  pwqlist: eppoll_entry | null = null;
  // `event`:
  events: number;
  data: epoll_data_t;

  // Under ffd.file.f_lock:
  /** The file is being released and will remove the item itself. */
  dying = false;
  readonly fllink: hlist_node<epitem> = new hlist_node<epitem>(this);

  // Ours:
  freed = false;

  constructor(ep: eventpoll, file: file, fd: number, { events, data }: epoll_event) {
    this.address = file.address;
    this.fd = fd;
    this.file = file;
    this.ep = ep;
    this.events = events;
    this.data = data;
  }

  /** In the item, as in Linux, and so is `event`. */
  get ffd(): epoll_filefd {
    return this;
  }

  get event(): epoll_event {
    return this;
  }
}

/** An epoll instance. */
export class eventpoll implements Named {
  readonly mtx: mutex = new mutex('ep->mtx');
  /** From 4.19 to 5.0 the lock of `wq`. */
  readonly lock: spinlock_t;
  /** Queues of those who poll or watch the epoll descriptor itself. */
  readonly poll_wait: wait_queue_head = new wait_queue_head('ep->poll_wait', 'ep->poll_wait.lock');

  // Under lock; ep_events_available() reads the lists without it, and since 7.2 `seq`:
  /** Odd while a scan begins or ends. */
  seq = 0;
  readonly wq: wait_queue_head = new wait_queue_head('ep->wq', 'ep->wq.lock');
  readonly rdllist: list_head<epitem> = new list_head<epitem>(null);
  ovflist: OverflowLink = EP_UNACTIVE_PTR;

  // Under mtx; the first two are on the stack in Linux, of whoever scans:
  readonly txlist: list_head<epitem> = new list_head<epitem>(null);
  readonly pt: poll_table = init_poll_funcptr(null);
  readonly rbr: rb_root<epitem, ItemKey> = rbRoot<epitem, ItemKey>(ep_cmp_ffd);
  ws: wakeup_source | null = null;

  /** Items of other instances that watch this one. Under file.f_lock. */
  readonly refs: hlist_head<epitem> = new hlist_head<epitem>();
  readonly user: user_struct;
  file: file | null = null;
  /** One for the file and one for each item. */
  readonly refcount: refcount_t = new refcount_t(1);

  // Under epnested_mutex:
  gen = 0;
  loop_check_depth = 0;

  // Busy polling, read and written without a lock:
  napi_id = 0;
  busy_poll_usecs = 0;
  busy_poll_budget = 0;
  prefer_busy_poll = false;

  /** How deep the wakeup on poll_wait is nested. Under poll_wait.lock. */
  nests = 0;

  // Ours:
  freed = false;
  readonly name = 'ep';
  readonly identity: number = newIdentity();
  /** What `lock` was from 5.1 to 6.17. */
  readonly rwlock: rwlock_t | null;
  /** A look at what the lock guards without it, or a change that such a look can see half-done. */
  readonly lists: Op = new Op('access', this);
  /** The two looks of ep_events_available(): is rdllist empty, is a scan open? */
  readonly ready: Op = new Op('access', { name: this.name, identity: newIdentity() });
  readonly scan: Op = new Op('access', { name: this.name, identity: newIdentity() });

  constructor(user: user_struct, rwlock: rwlock_t | null, lockOfQueue = false) {
    this.lock = lockOfQueue ? this.wq.lock : new spinlock_t('ep->lock');
    if (lockOfQueue) this.lock.covers = this;
    this.user = user;
    this.rwlock = rwlock;
    if (rwlock !== null) rwlock.covers = this;
  }
}

/** Fills a poll table in while an item is added. `epi` is null when an allocation has failed. */
export interface ep_pqueue {
  readonly pt: poll_table;
  epi: epitem | null;
}

/** How long a path from a file to an instance can be. */
export const PATH_ARR_SIZE = 5;

/** The items of a file that is not an epoll, and the file's place on the list of files to check. */
export class epitems_head extends hlist_head<epitem> {
  next: epitems_head | typeof EP_UNACTIVE_PTR | null = null;
  /** The file, with a reference, while it is on the list; since 8b7e8245e229. */
  file: file | null = null;

  // Ours:
  freed = false;

  /** The first member: `f_ep` points to it, and so to the whole. */
  get epitems(): hlist_head<epitem> {
    return this;
  }
}

/** What fs/eventpoll.c keeps in file-level variables. */
export class EventpollStatics implements Named {
  /** Items that one user may have, see eventpoll_init(). */
  max_user_watches = 0;
  readonly epnested_mutex: mutex = new mutex('epnested_mutex', this);
  /** Before 58c9b016e128: as epnested_mutex, and closes of an epoll and of its files exclude one another. */
  readonly epmutex: mutex = new mutex('epmutex', this);

  // Under epnested_mutex:
  loop_check_gen = 0;
  inserting_into: eventpoll | null = null;
  tfile_check_list: epitems_head | typeof EP_UNACTIVE_PTR = EP_UNACTIVE_PTR;
  readonly path_count: number[] = [0, 0, 0, 0, 0]; // PATH_ARR_SIZE of them.
  /** tfile_check_list before 319c15174757, when it held files. */
  readonly tfile_check_files: file[] = [];
  readonly epi_cache: kmem_cache = kmem_cache_create('eventpoll_epi', 128);
  readonly pwq_cache: kmem_cache = kmem_cache_create('eventpoll_pwq', 64);
  readonly ephead_cache: kmem_cache = kmem_cache_create('ep_head', 16);

  // Ours:
  readonly name = 'loop_check_gen';
  readonly identity: number = newIdentity();
  /** A look at `loop_check_gen` without the mutex. */
  readonly look: Op = new Op('access', this);
  private readonly ncalls: AtFirstUse<NestedCalls> = new AtFirstUse(3, makeNestedCalls);

  /** For the releases that have them, see nested_calls.ts. The first under epnested_mutex. */
  get poll_loop_ncalls(): nested_calls {
    return this.ncalls.get().poll_loop_ncalls;
  }

  get poll_safewake_ncalls(): nested_calls {
    return this.ncalls.get().poll_safewake_ncalls;
  }

  get poll_readywalk_ncalls(): nested_calls {
    return this.ncalls.get().poll_readywalk_ncalls;
  }
}

interface NestedCalls {
  readonly poll_loop_ncalls: nested_calls;
  readonly poll_safewake_ncalls: nested_calls;
  readonly poll_readywalk_ncalls: nested_calls;
}

const makeNestedCalls = (): NestedCalls => ({
  poll_loop_ncalls: new nested_calls(),
  poll_safewake_ncalls: new nested_calls(),
  poll_readywalk_ncalls: new nested_calls(),
});

/** Ours: the head that a file's `f_ep` points into; null for an epoll's, which is in the epoll. */
export const headOf = (head: hlist_head<epitem>): epitems_head | null =>
  head instanceof epitems_head ? head : null;

/** Ours: the statics of the running machine. */
export const statics = (): EventpollStatics => current.kernel.eventpoll;

/** Ours: the lock of all checks, and before 58c9b016e128 of all closes too. */
export const nestedMutex = (): mutex =>
  current.kernel.patched['58c9b016e128'] ? statics().epnested_mutex : statics().epmutex;

/** Ours: is it woken alone? Before df0108c5da56 the bit meant nothing. */
export const isExclusive = (events: number): boolean =>
  (events & EPOLLEXCLUSIVE) !== 0 && current.kernel.patched.df0108c5da56;

/** As many items more or less are never in flight at once. */
const FAR = 1024;

/** Ours: who adds items and who removes them see each other only where the limit is near. */
export function touchWatches(user: user_struct): void {
  if (user.epoll_watches + FAR >= statics().max_user_watches) writesTo(user.identity);
}

/** What a tree of items is ordered by: the file's address, then the descriptor number. */
export type ItemKey = Pick<epitem, 'address' | 'fd'>;

export const ep_cmp_ffd = (p1: ItemKey, p2: ItemKey): number =>
  p1.address - p2.address || p1.fd - p2.fd;

/** Is the item on rdllist, or on the private list of a scan? */
export const ep_is_linked = (epi: epitem): boolean => !list_empty(epi.rdllink);

export const ep_pwq_from_wait = (wait: wait_queue_entry): eppoll_entry => wait as eppoll_entry;

export const ep_item_from_wait = (wait: wait_queue_entry): epitem => ep_pwq_from_wait(wait).base;
