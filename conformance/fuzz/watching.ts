/** What epolls are told to watch, and how they are asked. */
import type { Args } from './document.ts';
import { masks } from './masks.ts';
import { type Item, Things } from './things.ts';

export class Watching extends Things {
  private lastData = 0;

  data(): number {
    this.lastData += 1;
    return this.lastData;
  }

  mask(item: Item): string | number {
    const { kind } = item.file;
    if (kind === 'ep' && this.random.chance(0.85)) return this.random.weighted(masks.ep);
    const tcp = kind === 'tcp' || kind === 'listen' || kind === 'fresh';
    return this.random.weighted(tcp ? masks.tcp : masks.any);
  }

  watch(ep: Item, item: Item, thread = 'main', mask: string | number = this.mask(item)): void {
    this.step(
      'epoll_ctl',
      {
        epfd: `$${ep.name}`,
        op: 'EPOLL_CTL_ADD',
        fd: `$${item.name}`,
        events: mask,
        data: this.data(),
      },
      undefined,
      thread,
    );
    this.watched.push({ ep: ep.name, fd: item.name });
  }

  modify(thread = 'main'): void {
    if (this.watched.length === 0) return;
    const { ep, fd } = this.random.pick(this.watched);
    const item = this.find(fd);
    if (item === undefined) return;
    this.step(
      'epoll_ctl',
      {
        epfd: `$${ep}`,
        op: 'EPOLL_CTL_MOD',
        fd: `$${fd}`,
        events: this.mask(item),
        data: this.data(),
      },
      undefined,
      thread,
    );
  }

  unwatch(thread = 'main'): void {
    if (this.watched.length === 0) return;
    const at = this.random.int(0, this.watched.length - 1);
    const { ep, fd } = this.watched[at] as { ep: string; fd: string };
    this.watched.splice(at, 1);
    const args: Args = { epfd: `$${ep}`, op: 'EPOLL_CTL_DEL', fd: `$${fd}` };
    this.step(
      'epoll_ctl',
      this.random.chance(0.3) ? { ...args, event: null } : args,
      undefined,
      thread,
    );
  }

  /** A wait that does not block. */
  wait(ep: Item, maxevents?: number, thread = 'main'): void {
    this.waitFor(ep, 0, thread, maxevents);
  }

  /** A wait of `timeout` milliseconds, -1 for ever, by one of the three calls. */
  waitFor(ep: Item, timeout: number, thread: string, maxevents?: number, more: Args = {}): void {
    const { random } = this;
    const max =
      maxevents ??
      random.weighted([
        [8, 50],
        [1, 18],
        [2, 12],
        [16, 8],
        [64, 8],
      ]);
    const head = { epfd: `$${ep.name}`, maxevents: max };
    const call = random.weighted([
      ['epoll_wait', 84],
      ['epoll_pwait', 8],
      ['epoll_pwait2', 8],
    ]);
    const mask = random.pick<Args[string]>([
      null,
      [],
      ['SIGUSR1'],
      ['SIGUSR2'],
      ['SIGUSR1', 'SIGUSR2'],
    ]);
    if (call === 'epoll_wait') this.step(call, { ...head, timeout, ...more }, undefined, thread);
    else if (call === 'epoll_pwait')
      this.step(call, { ...head, timeout, sigmask: mask, ...more }, undefined, thread);
    else {
      const timeout_ns = timeout < 0 ? null : timeout * 1_000_000;
      this.step(call, { ...head, timeout_ns, sigmask: mask, ...more }, undefined, thread);
    }
  }

  /** An epoll, with preference for one that watches something. */
  anyEpoll(): Item {
    const eps = this.of('ep');
    const busy = eps.filter(({ name }) => this.watched.some(({ ep }) => ep === name));
    return this.random.pick(busy.length > 0 && this.random.chance(0.85) ? busy : eps);
  }
}
