/**
 * The loop under a thread's streams: one epoll instance, in which the thread waits while its program
 * has nothing to call. libuv: src/unix/linux.c (uv__io_poll), src/unix/async.c.
 *
 * Differs from libuv: timers are the machine's (see fakeTime), not timeouts of epoll_wait(). What
 * others want of the thread comes through an eventfd, as uv_async_send() does it.
 */
import type { AsyncThread, IdleLoop } from '../async/thread.ts';
import { type eventfd_ctx, eventfd_signal_mask } from '../kernel/eventfd.ts';
import type { file } from '../kernel/file.ts';
import { SIG_IGN } from '../kernel/signal.ts';
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLIN,
  SIGPIPE,
} from '../kernel/uapi/index.ts';
import { errnoName } from '../kernel/uapi/names.ts';
import type { Code, Sys } from '../syscalls/sys.ts';

/** Who is told what epoll has found. */
export interface Watcher {
  readonly fd: number;
  /** EPOLL* bits to wait for; 0 for none. */
  readonly wanted: number;
  /** Does what there is to do about these events. */
  found(events: number, steps: Sys): Code<void>;
}

/** As libuv asks for at a time. */
const maxevents = 1024;

export class Loop implements IdleLoop {
  private ep = -1;
  private woken = -1;
  private async: eventfd_ctx | null = null;
  private isWaiting = false;
  private readonly watchers: Map<number, Watcher> = new Map();
  /** For what the epoll instance was asked, by descriptor. */
  private readonly registered: Map<number, number> = new Map();

  /** The loop of a thread, which is made when the first stream needs it. */
  static of(thread: AsyncThread): Loop {
    if (!(thread.loop instanceof Loop)) thread.loop = new Loop();
    return thread.loop as Loop;
  }

  get isActive(): boolean {
    for (const { wanted } of this.watchers.values()) if (wanted !== 0) return true;
    return false;
  }

  get hasNews(): boolean {
    for (const { fd, wanted } of this.watchers.values()) {
      if ((wanted & ~(this.registered.get(fd) ?? 0)) !== 0) return true;
    }
    return false;
  }

  add(watcher: Watcher): void {
    this.watchers.set(watcher.fd, watcher);
  }

  /** Before the descriptor is closed, as libuv does it: a copy of it would keep the item. */
  *remove({ fd }: Watcher, steps: Sys): Code<void> {
    this.watchers.delete(fd);
    yield* this.forget(fd, steps);
  }

  private *forget(fd: number, steps: Sys): Code<void> {
    if (this.registered.delete(fd)) yield* steps.epoll_ctl(this.ep, EPOLL_CTL_DEL, fd);
  }

  *wait(steps: Sys): Code<void> {
    for (const watcher of this.watchers.values()) yield* this.register(watcher, steps);
    this.isWaiting = true;
    const found = yield* steps.epoll_wait(this.ep, maxevents, -1);
    this.isWaiting = false;
    for (const { data, events } of found) {
      const fd = Number(data);
      if (fd === this.woken) yield* steps.read(fd, new Uint8Array(8));
      else yield* this.watchers.get(fd)?.found(events, steps) ?? nothing();
    }
  }

  *wake(): Code<void> {
    if (this.isWaiting && this.async !== null) yield* eventfd_signal_mask(this.async, 0);
  }

  /** Before its first stream is used. */
  *open(steps: Sys): Code<void> {
    if (this.ep >= 0) return;
    yield* steps.sigaction(SIGPIPE, { handler: SIG_IGN }); // As Node does when it starts.
    this.ep = yield* steps.epoll_create1(EPOLL_CLOEXEC);
    this.woken = yield* steps.eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    this.async = (steps.task.files.fd[this.woken] as file).private_data as eventfd_ctx;
    yield* this.ask(steps, EPOLL_CTL_ADD, this.woken, EPOLLIN);
  }

  private *register({ fd, wanted }: Watcher, steps: Sys): Code<void> {
    if (wanted === 0) return yield* this.forget(fd, steps); // EPOLLHUP comes unasked, too.
    const before = this.registered.get(fd);
    if (before === wanted) return;
    yield* this.ask(steps, before === undefined ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, wanted);
    this.registered.set(fd, wanted);
  }

  private *ask(steps: Sys, op: number, fd: number, events: number): Code<void> {
    const ret = yield* steps.epoll_ctl(this.ep, op, fd, { events, data: fd });
    if (ret < 0) throw new Error(`socketStream: epoll_ctl of descriptor ${fd}: ${errnoName(ret)}`);
  }
}

function* nothing(): Code<void> {}
