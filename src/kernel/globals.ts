/**
 * Everything that Linux keeps in global variables, one set a machine.
 *
 * Invariants: reached only through `current.kernel`, so that two machines never meet.
 */
import type { NapiBusyLoop } from './busy_poll.ts';
import { MadeCalls } from './calls.ts';
import type { Chance } from './chance.ts';
import { epoll_sysctls_init, eventpoll_init } from './eventpoll/init.ts';
import { EventpollStatics } from './eventpoll/types.ts';
import { type Footprint, newIdentity } from './footprint.ts';
import { inode } from './fs/inode.ts';
import { FileSystems } from './fs/mount.ts';
import { defaultRank, type Patched } from './history.ts';
import { hrtimer_cpu_base } from './hrtimer.ts';
import { ida } from './ida.ts';
import type { Liberties } from './liberty.ts';
import { Lockdep } from './lockdep.ts';
import { InotifyStatics } from './notify/inotify_user.ts';
import type { Observer } from './observer.ts';
import type { Stepper } from './op.ts';
import type { pid } from './pid.ts';
import { rcu_state } from './rcu.ts';
import { rwlock_t } from './rwlock.ts';
import type { rq, task_struct } from './sched.ts';
import { Softirqs } from './softirq.ts';
import type { StoreBuffer } from './store_buffer.ts';
import type { ctl_table } from './sysctl.ts';
import { TimerBases } from './timer.ts';
import { CancelList } from './timerfd.ts';
import type { Tracer } from './trace.ts';

const noChance: Chance = { below: () => 0 };

/** 4 GiB, in pages. */
const totalram = 1 << 20;

/** What is done to a variable; `uses` where nobody knows which of the two it is. */
export type TouchedHow = 'reads' | 'writes' | 'uses';

export class Globals {
  /** Which commits of kernel/history.ts the machine's kernel has. */
  readonly patched: Patched;
  readonly runqueues: rq[] = [];
  readonly hrtimers: hrtimer_cpu_base = new hrtimer_cpu_base();
  readonly timerfds: CancelList = new CancelList();
  readonly softirqs: Softirqs = new Softirqs();
  readonly timers: TimerBases = new TimerBases();
  readonly rcu: rcu_state = new rcu_state();
  readonly lockdep: Lockdep = new Lockdep();
  readonly eventpoll: EventpollStatics = new EventpollStatics();
  readonly eventfd_ida: ida = new ida();
  readonly anon_inode_inode: inode = new inode(1057, 0x10);
  /** Who is whose child, and who bears which number. */
  readonly tasklist_lock: rwlock_t = new rwlock_t('tasklist_lock');
  /** Every number that somebody bears; see pid.ts. */
  readonly pids: Map<number, pid> = new Map();
  last_pid = 0;
  pidfs_ino = 1;
  readonly fs: FileSystems = new FileSystems(this);
  readonly inotify: InotifyStatics = new InotifyStatics(totalram);
  /** All tasks that are not released but the idle ones and init, by number. */
  readonly tasks: Map<number, task_struct> = new Map();
  /** init, which gets the children of those that end. */
  child_reaper: task_struct | null = null;
  /** The network, see net/. */
  net: unknown = null;
  /** Asks a network device for packets, see net/busy_poll.ts. */
  napi_busy_loop: NapiBusyLoop | null = null;

  // Ours:
  /** The release as a number that orders, see rankOf(). */
  rank: number = defaultRank;
  tracer: Tracer | null = null;
  footprint: Footprint | null = null;
  observer: Observer | null = null;
  /** What the kernel may do and need not is asked of it; null where nobody asks for that. */
  liberties: Liberties | null = null;
  /** Of each task, in a machine in which stores are seen late. */
  storeBuffers: StoreBuffer[] | null = null;
  /** What footprints call the clock and its timers, the counters below, and all memory of programs. */
  readonly clock: number = newIdentity();
  readonly numbering: number = newIdentity();
  readonly programMemory: number = newIdentity();
  /** Says what the running task's program may have touched since its last call, where anybody asks. */
  touchProgramMemory: (() => void) | null = null;
  /** Hears which variables of programs are touched, where these tell; see sim/told.ts. */
  touched: ((thing: number, place: string, how: TouchedHow) => void) | null = null;
  /** Tasks that have not ended. */
  live = 0;
  /** One task and nothing else: no lockless access can be seen half-done. */
  alone = true;
  /** Every step counts, and timers fire at any moment: the last one of several is not alone. */
  exact = false;
  /**
   * Is it a step for the running task to come back from a system call? Then what its program does behind
   * the call is not the call's. Null where it is one for nobody.
   */
  returnIsStep: (() => boolean) | null = null;
  /** Has code behind a call gone with the call, while there were others? */
  codeWentAlong = false;
  /** What has ended the execution; null while nothing has. See Stop. */
  stopped: Error | null = null;
  /** Takes steps of an exact schedule where the code stands that announces them: the machine, while it runs. */
  stepper: Stepper | null = null;
  /** An execution that goes round in a circle is of no use; see GoesRound. */
  cutsCircles = false;
  /** A timer is due now: the clock's interrupt comes at the next opportunity. */
  interruptDue = false;
  /** A context waits until JavaScript has come to rest, see sim/pause.ts. */
  pauses = false;
  /** How many steps may be taken before somebody is told, and what is left; see steps.ts. */
  maxSteps = 10_000_000;
  stepsLeft = 10_000_000;
  stepsInReserve = 0;
  /** How many were left when a timer had fired last. */
  stepsAtTimer: number = Number.POSITIVE_INFINITY;
  /** Since then, how often programs have looked for events without waiting, and at a clock. */
  polls = 0;
  clockReads = 0;
  /** The machine runs: what is called now is called by a program. */
  running = false;
  readonly calls: MadeCalls = new MadeCalls();
  /** Counters that make names: open files, inodes, wakeups. */
  files = 0;
  inodes = 10_000;
  wakeups = 0;
  /** Where /dev/random's bytes come from; the machine says. */
  random: Chance = noChance;
  /** What is mixed into the hash of a connection; the machine says. */
  inet_ehash_secret = 0;
  private knobs: Map<string, ctl_table> | null = null;

  constructor(patched: Patched) {
    this.patched = patched;
    eventpoll_init(this.eventpoll, totalram);
    this.hrtimers.now_ns = 1_000_000_000;
  }

  /** What is under /proc/sys, by path. */
  get sysctls(): ReadonlyMap<string, ctl_table> {
    if (this.knobs === null) {
      this.knobs = new Map();
      epoll_sysctls_init(this.eventpoll, this.knobs);
    }
    return this.knobs;
  }
}

/** Ours: an inode that no path leads to, of a file system that has one for each file. */
export const newInode = (globals: Globals, s_dev: number): inode =>
  new inode(++globals.inodes, s_dev);
