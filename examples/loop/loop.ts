/**
 * A small event loop in generator style: handlers by descriptor, timers, and a run() around
 * epoll_wait(). It knows nothing of the simulator but the shape of its calls: what it runs on, a
 * Reactor, is given to it. Under test that is `sys`; on Linux, a binding.
 */
import { type Code, EPOLL_CTL_ADD, EPOLL_CTL_DEL } from 'epollsim';
import type { Reactor } from 'epollsim/async';

/** What is done about events of a descriptor. */
export type Handler = (events: number) => Code<void>;

interface Timer {
  readonly at: number;
  readonly callback: () => Code<void>;
}

export class EventLoop {
  private readonly reactor: Reactor;
  /** Milliseconds, from any beginning. */
  private readonly now: () => number;
  private ep = -1;
  private tokens = 0;
  private running = false;
  private readonly tokenOf = new Map<number, number>();
  private readonly handlers = new Map<number, Handler>();
  /** The next one last. */
  private readonly timers: Timer[] = [];

  constructor(reactor: Reactor, now: () => number) {
    this.reactor = reactor;
    this.now = now;
  }

  *open(): Code<void> {
    this.ep = yield* this.reactor.epoll_create1(0);
  }

  /**
   * What epoll hands back with the events of a descriptor. Not the descriptor: when that has been
   * closed, its number may be another file's, and the batch still has events of the old one.
   */
  protected tokenFor(_fd: number): number {
    return ++this.tokens;
  }

  *add(fd: number, events: number, handler: Handler): Code<number> {
    const token = this.tokenFor(fd);
    this.tokenOf.set(fd, token);
    this.handlers.set(token, handler);
    return yield* this.reactor.epoll_ctl(this.ep, EPOLL_CTL_ADD, fd, { events, data: token });
  }

  /** Before the descriptor is closed. */
  *remove(fd: number): Code<number> {
    this.handlers.delete(this.tokenOf.get(fd) ?? -1);
    this.tokenOf.delete(fd);
    return yield* this.reactor.epoll_ctl(this.ep, EPOLL_CTL_DEL, fd);
  }

  after(ms: number, callback: () => Code<void>): void {
    const at = this.now() + ms;
    const place = this.timers.findIndex((timer) => timer.at <= at);
    this.timers.splice(place < 0 ? this.timers.length : place, 0, { at, callback });
  }

  stop(): void {
    this.running = false;
  }

  *run(): Code<void> {
    this.running = true;
    while (this.running) {
      const events = yield* this.reactor.epoll_wait(this.ep, 16, this.timeout());
      for (const { data, events: bits } of events) {
        const handler = this.handlers.get(Number(data));
        if (handler !== undefined) yield* handler(bits);
      }
      yield* this.fire();
    }
    yield* this.reactor.close(this.ep);
  }

  /** For epoll_wait(): how long until the next timer is due. */
  private timeout(): number {
    const next = this.timers.at(-1);
    return next === undefined ? -1 : Math.max(0, Math.ceil(next.at - this.now()));
  }

  private *fire(): Code<void> {
    for (let next = this.timers.at(-1); next !== undefined; next = this.timers.at(-1)) {
      if (next.at > this.now()) return;
      this.timers.pop();
      yield* next.callback();
    }
  }
}
