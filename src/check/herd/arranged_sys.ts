/**
 * What a program calls when it is arranged otherwise than it is written: other flags in epoll_ctl(),
 * an epoll instance for each who waits, a listener for each.
 *
 * The program goes on with the numbers that it was given; the calls go where they belong:
 *
 * - What a task registers before it waits for the first time concerns all who wait; afterwards, the
 *   task itself: a connection is for whoever has accepted it.
 * - EPOLLEXCLUSIVE is for what concerns several: EPOLL_CTL_MOD refuses it.
 * - EPOLLONESHOT is armed again for what a task was told of, when it waits the next time.
 */
import { ep_find } from '../../kernel/eventpoll/ctl.ts';
import type { epitem } from '../../kernel/eventpoll/types.ts';
import {
  EP_PRIVATE_BITS,
  EPOLLEXCLUSIVE_OK_BITS,
  eventpoll,
} from '../../kernel/eventpoll/types.ts';
import type { task_struct } from '../../kernel/sched.ts';
import type { sigset_t } from '../../kernel/signal.ts';
import type { epoll_event } from '../../kernel/uaccess.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLEXCLUSIVE,
  EPOLLONESHOT,
} from '../../kernel/uapi/eventpoll.ts';
import { F_DUPFD, O_NONBLOCK } from '../../kernel/uapi/fcntl.ts';
import { SO_REUSEPORT, SOCK_NONBLOCK, SOL_SOCKET } from '../../kernel/uapi/socket.ts';
import type { sockaddr } from '../../net/socket.ts';
import type { timespec } from '../../syscalls/epoll.ts';
import {
  type Code,
  type Filled,
  type Interest,
  type Program,
  Sys,
  type ThreadMaker,
} from '../../syscalls/sys.ts';
import { arrangedFlags, type Path } from './arrangement.ts';
import { CannotArrange, type EpollHere, type SocketHere, type Stage } from './stage.ts';

/** RLIMIT_NOFILE is 1024. */
const farDescriptors = 900;

export class ArrangedSys extends Sys {
  private readonly path: Path;
  private readonly stage: Stage;
  private readonly threads: ThreadMaker;
  /** How many of each it has made. */
  private tasks = 0;
  private epolls = 0;
  private binds = 0;
  private adds = 0;

  constructor(task: task_struct, maker: ThreadMaker, stage: Stage, path: Path) {
    super(task, maker);
    this.threads = maker;
    this.stage = stage;
    this.path = path;
  }

  // ── tasks ──────────────────────────────────────────────────────────────────────────────────

  private below(program: Program): Program {
    if (typeof program !== 'function') return program; // An error of the call.
    const path = `${this.path}/${++this.tasks}`;
    return ({ task }) => program(new ArrangedSys(task, this.threads, this.stage, path));
  }

  override pthread_create(start_routine: Program, name?: string): Code<number> {
    return super.pthread_create(this.below(start_routine), name);
  }

  override fork(child: Program, name?: string): Code<number> {
    return super.fork(this.below(child), name);
  }

  override vfork(child: Program, name?: string): Code<number> {
    return super.vfork(this.below(child), name);
  }

  override clone(flags: number, child: Program, name?: string): Code<number> {
    return super.clone(flags, this.below(child), name);
  }

  override execve(pathname: string, program: Program): Code<number> {
    return super.execve(pathname, this.below(program));
  }

  // ── epoll ──────────────────────────────────────────────────────────────────────────────────

  override *epoll_create(size: number): Code<number> {
    const epfd = yield* super.epoll_create(size);
    if (epfd >= 0) yield* this.created(epfd, 0);
    return epfd;
  }

  override *epoll_create1(flags: number): Code<number> {
    const epfd = yield* super.epoll_create1(flags);
    if (epfd >= 0) yield* this.created(epfd, flags);
    return epfd;
  }

  private *created(epfd: number, flags: number): Code<void> {
    const { arrangement, topology } = this.stage;
    const key = `${this.path}#${++this.epolls}`;
    let own: Map<Path, number> | null = null;
    if (arrangement.sets === 'each' && topology?.shared.includes(key) === true) {
      own = new Map();
      for (const path of topology.waitersOf(key)) {
        const one = yield* this.outOfTheWay(yield* super.epoll_create1(flags));
        own.set(path, one);
        this.noteEpoll(one, key, null);
      }
    }
    this.noteEpoll(epfd, key, own);
  }

  /** A number that the program does not come to: the others stay what they are as it is written. */
  private *outOfTheWay(fd: number): Code<number> {
    const far = yield* super.fcntl(fd, F_DUPFD, farDescriptors);
    if (far < 0) return fd;
    yield* super.close(fd);
    return far;
  }

  private noteEpoll(epfd: number, key: string, own: EpollHere['own']): void {
    const ep = this.task.files.fd[epfd]?.private_data;
    if (!(ep instanceof eventpoll)) return;
    const waiters = new Set<Path>();
    this.stage.epolls.set(ep, { key, own, interests: new Map(), waiters, watched: false });
  }

  override *epoll_ctl(
    epfd: number,
    op: number,
    fd: number,
    event: Interest | null = null,
  ): Code<number> {
    const home = this.stage.epollAt(this.task, epfd);
    if (home === null) return yield* super.epoll_ctl(epfd, op, fd, event);
    const key = op === EPOLL_CTL_ADD ? `${this.path}#${++this.adds}` : null;
    const asked = event === null ? null : this.arranged(home, event, key, fd);
    let first: number | null = null;
    let done = false;
    for (const [path, target] of this.targets(epfd, home)) {
      const ret = yield* this.ctl(target, op, this.listenerOf(fd, path), asked, key);
      first ??= ret;
      done ||= ret === 0;
    }
    return done ? 0 : (first ?? 0);
  }

  /** The instances that a call of this task is about, and whose each is. */
  private targets(epfd: number, { key, own, waiters }: EpollHere): (readonly [Path, number])[] {
    if (own === null) return [[this.ownerOf(key), epfd]];
    const mine = own.get(this.path);
    return mine === undefined || !waiters.has(this.path) ? [...own] : [[this.path, mine]];
  }

  /** Who waits in it, if it is one alone: another task may have made it. */
  private ownerOf(key: string): Path {
    const waiters = this.stage.topology?.waitersOf(key);
    const [only = this.path] = waiters?.size === 1 ? waiters : [];
    return only;
  }

  /** `key`: of an EPOLL_CTL_ADD. */
  private *ctl(
    epfd: number,
    op: number,
    fd: number,
    event: Interest | null,
    key: string | null,
  ): Code<number> {
    const here = this.stage.epollAt(this.task, epfd) as EpollHere;
    const file = this.task.files.fd[fd] ?? null;
    const ret = yield* super.epoll_ctl(epfd, op, fd, event);
    if (ret !== 0 || file === null || event === null) return ret;
    here.interests.set(fd, event);
    if (key !== null) this.stage.noteAdded(key, here, file);
    const inner = this.stage.epollAt(this.task, fd);
    if (inner !== null) inner.watched = true;
    return ret;
  }

  /** The interest with the flags of the arrangement. */
  private arranged(home: EpollHere, event: Interest, key: string | null, fd: number): Interest {
    const { arrangement, topology } = this.stage;
    const { flags } = arrangement;
    const waiters = topology?.waitersOf(home.key).size ?? 0;
    if (flags === null || topology === null || waiters === 0) return event;
    const plain = event.events & ~arrangedFlags;
    if (flags !== EPOLLEXCLUSIVE) return { ...event, events: plain | flags };
    if (key === null) return { ...event, events: plain };
    const isForAll = waiters > 1 || topology.commonSets.size === 0;
    const isFirst = isForAll && !home.waiters.has(this.path);
    if (!isFirst && !topology.common.has(key)) return { ...event, events: plain };
    if (this.task.files.fd[fd]?.private_data instanceof eventpoll) {
      throw new CannotArrange('EPOLLEXCLUSIVE is not for an epoll instance in another one');
    }
    if (!this.task.kernel.patched['df0108c5da56']) {
      throw new CannotArrange('this kernel has no EPOLLEXCLUSIVE');
    }
    if ((plain & ~EPOLLEXCLUSIVE_OK_BITS) !== 0) {
      throw new CannotArrange('EPOLLEXCLUSIVE takes no events but EPOLLIN and EPOLLOUT beside it');
    }
    return { ...event, events: plain | flags };
  }

  override *epoll_wait(
    epfd: number,
    maxevents: number,
    timeout: number,
  ): Code<Filled<epoll_event[]>> {
    const own = yield* this.waitsIn(epfd);
    return yield* super.epoll_wait(own, maxevents, timeout);
  }

  override *epoll_pwait(
    epfd: number,
    maxevents: number,
    timeout: number,
    sigmask: sigset_t | null,
  ): Code<Filled<epoll_event[]>> {
    const own = yield* this.waitsIn(epfd);
    return yield* super.epoll_pwait(own, maxevents, timeout, sigmask);
  }

  override *epoll_pwait2(
    epfd: number,
    maxevents: number,
    timeout: timespec | null,
    sigmask: sigset_t | null = null,
  ): Code<Filled<epoll_event[]>> {
    const own = yield* this.waitsIn(epfd);
    return yield* super.epoll_pwait2(own, maxevents, timeout, sigmask);
  }

  /** Where the task waits when it means `epfd`. */
  private *waitsIn(epfd: number): Code<number> {
    const here = this.stage.epollAt(this.task, epfd);
    if (here === null) return epfd;
    this.stage.noteWaiter(this.path, this.task, here);
    const own = here.own === null ? epfd : here.own.get(this.path);
    if (own === undefined) {
      throw new CannotArrange(`${this.task.comm} waits, and did not where it is as written`);
    }
    const ep = this.task.files.fd[own]?.private_data as eventpoll;
    const { arrangement, measure, topology } = this.stage;
    const { comm } = this.task;
    const label = topology?.labelOf(this.path, comm);
    if (measure.counts(ep)) measure.waits(this.task, label);
    const told = measure.toldTo.get(this.task) ?? [];
    measure.toldTo.delete(this.task);
    if (arrangement.flags === EPOLLONESHOT) yield* this.armAgain(own, ep, told);
    return own;
  }

  /** Arms what the task was told of, unless it has done so itself, or has closed the file. */
  private *armAgain(epfd: number, ep: eventpoll, told: readonly epitem[]): Code<void> {
    const { interests } = this.stage.epollAt(this.task, epfd) as EpollHere;
    for (const epi of told) {
      const { fd, file } = epi.ffd;
      if (ep_find(ep, file, fd) !== epi) continue;
      if ((epi.event.events & ~EP_PRIVATE_BITS) !== 0) continue;
      const interest = interests.get(fd);
      if (this.task.files.fd[fd] !== file || interest === undefined) continue;
      yield* super.epoll_ctl(epfd, EPOLL_CTL_MOD, fd, interest);
    }
  }

  // ── listeners ──────────────────────────────────────────────────────────────────────────────

  override *socket(domain: number, type: number, protocol = 0): Code<number> {
    const fd = yield* super.socket(domain, type, protocol);
    const file = this.task.files.fd[fd];
    if (fd >= 0 && file != null) {
      const socket = { domain, type, protocol, bound: null, listens: false, own: null };
      this.stage.sockets.set(file, socket);
    }
    return fd;
  }

  override *bind(sockfd: number, addr: sockaddr): Code<number> {
    const key = `${this.path}#${++this.binds}`;
    const here = this.stage.socketAt(this.task, sockfd);
    if (here !== null && this.waitersFor(key) !== null) {
      yield* super.setsockopt(sockfd, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    const ret = yield* super.bind(sockfd, addr);
    if (ret === 0 && here !== null) here.bound = { key, address: addr };
    return ret;
  }

  /** Who is to have a listener of its own in the place of what is bound there; null for nobody. */
  private waitersFor(key: string): ReadonlySet<Path> | null {
    const { arrangement, topology } = this.stage;
    return arrangement.reuseport ? (topology?.listeners.get(key) ?? null) : null;
  }

  /** It does not listen where others do so in its place: nobody would accept from it. */
  override *listen(sockfd: number, backlog: number): Code<number> {
    const here = this.stage.socketAt(this.task, sockfd);
    const waiters = here === null || here.bound === null ? null : this.waitersFor(here.bound.key);
    if (here === null || waiters === null) {
      const ret = yield* super.listen(sockfd, backlog);
      if (ret === 0 && here !== null) here.listens = true;
      return ret;
    }
    here.own ??= yield* this.listeners(sockfd, here, waiters, backlog);
    return 0;
  }

  private *listeners(
    sockfd: number,
    { domain, protocol, type }: SocketHere,
    waiters: ReadonlySet<Path>,
    backlog: number,
  ): Code<ReadonlyMap<Path, number>> {
    const { addr } = yield* super.getsockname(sockfd); // It may have been given its port by bind().
    if (addr === null) throw new CannotArrange('the listener has no address');
    const blocks = ((this.task.files.fd[sockfd]?.f_flags ?? 0) & O_NONBLOCK) === 0;
    const own = new Map<Path, number>();
    for (const path of waiters) {
      const kind = blocks ? type & ~SOCK_NONBLOCK : type | SOCK_NONBLOCK;
      const fd = yield* super.socket(domain, kind, protocol);
      yield* super.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
      const ret = yield* super.bind(fd, addr);
      if (ret !== 0) throw new CannotArrange('a second listener cannot have the address');
      yield* super.listen(fd, backlog);
      own.set(path, yield* this.outOfTheWay(fd));
    }
    return own;
  }

  /** What `fd` stands for in the hands of a task that waits. */
  private listenerOf(fd: number, path: Path): number {
    const own = this.stage.socketAt(this.task, fd)?.own ?? null;
    return own?.get(path) ?? fd;
  }

  override *accept4(sockfd: number, flags: number): Code<number> {
    const own = this.stage.socketAt(this.task, sockfd)?.own ?? null;
    if (own !== null && !own.has(this.path)) {
      throw new CannotArrange(`${this.task.comm} accepts, and does not wait`);
    }
    return yield* super.accept4(this.listenerOf(sockfd, this.path), flags);
  }

  override *close(fd: number): Code<number> {
    const own = this.stage.socketAt(this.task, fd)?.own ?? null;
    const ret = yield* super.close(fd);
    for (const one of own?.values() ?? []) yield* super.close(one);
    return ret;
  }
}
