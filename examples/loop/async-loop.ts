/**
 * A small event loop in promise style, to which other threads give jobs: they put a job into a queue
 * and wake the loop through an eventfd. What it runs on is given to it: an AsyncReactor and a waker.
 */
import { EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN } from 'epollsim';
import type { AsyncReactor } from 'epollsim/async';

export type Handler = (events: number) => Promise<void>;
export type Job = () => Promise<void> | void;

/** How the loop is woken: a descriptor that becomes readable, and what makes it unreadable again. */
export interface Waker {
  readonly fd: number;
  drain(): Promise<unknown>;
}

export class AsyncLoop {
  protected readonly queue: Job[] = [];
  protected readonly waker: Waker;
  private readonly reactor: AsyncReactor;
  private ep = -1;
  private running = false;
  private readonly handlers = new Map<number, Handler>();

  constructor(reactor: AsyncReactor, waker: Waker) {
    this.reactor = reactor;
    this.waker = waker;
  }

  async open(): Promise<void> {
    this.ep = await this.reactor.epoll_create1(0);
    await this.add(this.waker.fd, EPOLLIN, () => this.takeJobs());
  }

  async add(fd: number, events: number, handler: Handler): Promise<number> {
    this.handlers.set(fd, handler);
    return this.reactor.epoll_ctl(this.ep, EPOLL_CTL_ADD, fd, { events, data: fd });
  }

  async remove(fd: number): Promise<number> {
    this.handlers.delete(fd);
    return this.reactor.epoll_ctl(this.ep, EPOLL_CTL_DEL, fd);
  }

  /** By any thread, which then writes to the waker. */
  post(job: Job): void {
    this.queue.push(job);
  }

  stop(): void {
    this.running = false;
  }

  async run(): Promise<void> {
    this.running = true;
    while (this.running) {
      for (const { data, events } of await this.reactor.epoll_wait(this.ep, 16, -1)) {
        await this.handlers.get(Number(data))?.(events);
      }
    }
    await this.reactor.close(this.ep);
  }

  /** The waker first: a job that comes after that wakes the loop again. */
  protected async takeJobs(): Promise<void> {
    await this.waker.drain();
    for (const job of this.queue.splice(0)) await job();
  }
}
