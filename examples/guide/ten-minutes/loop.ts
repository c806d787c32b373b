import { type Code, EFD_NONBLOCK, EPOLL_CTL_ADD, EPOLLIN, type Sys } from 'epollsim';
import type { Reactor } from 'epollsim/async';

/** What the loop asks of its kernel: epoll's four calls, and an eventfd. */
export type Calls = Reactor & Pick<Sys, 'eventfd2' | 'read' | 'write'>;

export type Job = () => Code<unknown>;

const one = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

/** Does the jobs that threads give it, one after the other. */
export class Loop {
  private jobs: Job[] = [];
  private running = true;
  /** Whether the eventfd was written to, and run() has yet to do something about it. */
  private notified = false;
  private readonly ep: number;
  private readonly waker: number;

  private constructor(ep: number, waker: number) {
    this.ep = ep;
    this.waker = waker;
  }

  static *open(calls: Calls): Code<Loop> {
    const ep = yield* calls.epoll_create1(0);
    const waker = yield* calls.eventfd2(0, EFD_NONBLOCK);
    yield* calls.epoll_ctl(ep, EPOLL_CTL_ADD, waker, { events: EPOLLIN, data: waker });
    return new Loop(ep, waker);
  }

  /** Called by any thread. Only the first of several jobs costs a system call. */
  *post(calls: Calls, job: Job): Code<void> {
    this.jobs.push(job);
    if (this.notified) return;
    this.notified = true;
    yield* calls.write(this.waker, one);
  }

  stop(): void {
    this.running = false;
  }

  *run(calls: Calls): Code<void> {
    while (this.running) {
      const events = yield* calls.epoll_wait(this.ep, 8, -1);
      if (events.ret < 0) throw new Error(`epoll_wait: ${events.ret}`);
      yield* calls.read(this.waker, new Uint8Array(8));
      const jobs = this.jobs;
      this.jobs = [];
      for (const job of jobs) yield* job();
      this.notified = false;
    }
  }
}
