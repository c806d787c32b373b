/**
 * A scenario in the making: the descriptors that exist so far, roughly what state they are in, and
 * the steps that were chosen. The state is only good enough to choose steps that make sense and
 * that seldom block a thread by accident.
 */
import type { Random } from './random.ts';
import type { Args, Scenario, Step } from './scenario.ts';

export type Kind =
  | 'ep'
  | 'stream'
  | 'message'
  | 'pipeR'
  | 'pipeW'
  | 'event'
  | 'timer'
  | 'listen'
  | 'tcp'
  | 'fresh';

/** An open file, shared by the descriptors that were duplicated from each other. */
export interface Stuff {
  readonly kind: Kind;
  nonblock: boolean;
  /** Bytes, messages or the counter that a read would find. */
  queued: number;
  peer: Stuff | null;
  /** The far end is gone or has shut down, so that a read does not block. */
  ended: boolean;
  names: number;
}

export interface Item {
  readonly name: string;
  readonly file: Stuff;
}

const WORDS = [
  'a',
  'hi',
  'abc',
  'ping',
  'hello',
  'epoll',
  'wakeup',
  'edge-trig',
  '0123456789',
  'the quick brown fox',
];

/** How interest is expressed, as weights, by what is watched. */
const MASKS: Readonly<
  Record<'any' | 'tcp' | 'ep', readonly (readonly [string | number, number])[]>
> = {
  any: [
    ['EPOLLIN', 20],
    ['EPOLLIN|EPOLLET', 13],
    ['EPOLLIN|EPOLLOUT|EPOLLET', 9],
    ['EPOLLIN|EPOLLOUT', 9],
    ['EPOLLOUT', 6],
    ['EPOLLOUT|EPOLLET', 5],
    ['EPOLLIN|EPOLLONESHOT', 6],
    ['EPOLLIN|EPOLLRDHUP', 4],
    ['EPOLLIN|EPOLLRDHUP|EPOLLET', 4],
    ['EPOLLIN|EPOLLET|EPOLLONESHOT', 4],
    ['EPOLLIN|EPOLLEXCLUSIVE', 3],
    ['EPOLLIN|EPOLLEXCLUSIVE|EPOLLET', 2],
    ['EPOLLIN|EPOLLOUT|EPOLLET|EPOLLONESHOT', 3],
    ['EPOLLIN|EPOLLOUT|EPOLLONESHOT', 3],
    ['EPOLLIN|EPOLLRDHUP|EPOLLONESHOT', 2],
    ['EPOLLOUT|EPOLLONESHOT', 2],
    ['EPOLLOUT|EPOLLET|EPOLLONESHOT', 2],
    ['EPOLLERR', 1],
    ['EPOLLERR|EPOLLET', 1],
    ['EPOLLHUP|EPOLLET', 1],
    ['EPOLLRDHUP', 1],
    ['EPOLLRDHUP|EPOLLET', 1],
    ['EPOLLPRI', 1],
    ['EPOLLET', 1],
    ['EPOLLONESHOT', 1],
    [0, 1],
    ['EPOLLRDBAND|EPOLLWRBAND|EPOLLMSG|EPOLLET', 1],
    ['EPOLLRDNORM|EPOLLWRNORM', 1],
    ['EPOLLRDNORM|EPOLLWRNORM|EPOLLET', 1],
    ['EPOLLRDNORM|EPOLLWRNORM|EPOLLRDBAND|EPOLLET', 1],
    ['EPOLLRDNORM|EPOLLWRNORM|EPOLLONESHOT', 1],
    ['EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLPRI', 1],
    ['EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLPRI|EPOLLET', 1],
    ['EPOLLIN|EPOLLOUT|EPOLLEXCLUSIVE', 1],
    ['EPOLLIN|EPOLLOUT|EPOLLEXCLUSIVE|EPOLLET', 1],
    ['EPOLLIN|EPOLLOUT|EPOLLWAKEUP', 1],
    ['EPOLLIN|EPOLLWAKEUP|EPOLLET', 1],
    ['EPOLLERR|EPOLLEXCLUSIVE', 1],
    ['EPOLLOUT|EPOLLEXCLUSIVE|EPOLLET', 1],
  ],
  tcp: [
    ['EPOLLIN', 8],
    ['EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLPRI', 8],
    ['EPOLLIN|EPOLLRDHUP', 7],
    ['EPOLLIN|EPOLLOUT', 6],
    ['EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLPRI|EPOLLET', 7],
    ['EPOLLIN|EPOLLRDHUP|EPOLLET', 6],
    ['EPOLLIN|EPOLLOUT|EPOLLET', 6],
    ['EPOLLIN|EPOLLET', 5],
    ['EPOLLIN|EPOLLOUT|EPOLLRDHUP|EPOLLPRI|EPOLLONESHOT', 4],
    ['EPOLLIN|EPOLLPRI|EPOLLET', 4],
    ['EPOLLIN|EPOLLPRI', 4],
    ['EPOLLIN|EPOLLRDHUP|EPOLLONESHOT', 3],
    ['EPOLLIN|EPOLLET|EPOLLONESHOT', 2],
    ['EPOLLIN|EPOLLOUT|EPOLLONESHOT', 2],
    ['EPOLLRDHUP', 2],
    ['EPOLLRDHUP|EPOLLET', 1],
    ['EPOLLPRI', 1],
    ['EPOLLPRI|EPOLLET', 1],
    ['EPOLLOUT', 2],
    ['EPOLLOUT|EPOLLET', 2],
    ['EPOLLERR|EPOLLET|EPOLLONESHOT', 1],
    ['EPOLLHUP', 1],
    [0, 1],
    ['EPOLLET', 1],
    ['EPOLLIN|EPOLLEXCLUSIVE', 2],
    ['EPOLLIN|EPOLLOUT|EPOLLEXCLUSIVE|EPOLLET', 1],
    ['EPOLLRDNORM|EPOLLWRNORM|EPOLLRDBAND|EPOLLET', 1],
    ['EPOLLRDBAND|EPOLLPRI', 1],
  ],
  ep: [
    ['EPOLLIN', 12],
    ['EPOLLIN|EPOLLET', 10],
    ['EPOLLIN|EPOLLONESHOT', 3],
    ['EPOLLIN|EPOLLET|EPOLLONESHOT', 1],
    ['EPOLLIN|EPOLLOUT', 2],
    ['EPOLLRDNORM', 1],
    ['EPOLLRDNORM|EPOLLET', 1],
    ['EPOLLIN|EPOLLEXCLUSIVE', 0.5],
    ['EPOLLOUT|EPOLLET', 0.5],
    [0, 1],
  ],
};

export class World {
  readonly random: Random;
  readonly items: Item[] = [];
  readonly steps: Step[] = [];
  /** What each epoll watches, as `ep fd`, newest last. */
  readonly watched: { ep: string; fd: string }[] = [];
  readonly threads: string[];
  readonly #counts = new Map<string, number>();
  #data = 0;

  constructor(random: Random, threads: readonly string[] = ['main']) {
    this.random = random;
    this.threads = [...threads];
  }

  scenario(name: string): Scenario {
    return this.threads.length > 1
      ? { name, threads: this.threads, steps: this.steps }
      : { name, steps: this.steps };
  }

  step(call: string, args: Args, bind?: readonly string[], thread = 'main'): void {
    const head = thread === 'main' ? {} : { thread };
    this.steps.push({ ...head, call, args, ...(bind === undefined ? {} : { bind }) });
  }

  /** A name not used before: `ep`, `ep1`, `ep2`… */
  name(stem: string): string {
    const count = this.#counts.get(stem) ?? 0;
    this.#counts.set(stem, count + 1);
    return count === 0 ? stem : `${stem}${count}`;
  }

  of(...kinds: Kind[]): Item[] {
    return this.items.filter(({ file }) => kinds.includes(file.kind));
  }

  find(name: string): Item | undefined {
    return this.items.find((item) => item.name === name);
  }

  add(name: string, kind: Kind, nonblock: boolean, more: Partial<Stuff> = {}): Item {
    const file: Stuff = { kind, nonblock, queued: 0, peer: null, ended: false, names: 1, ...more };
    const item = { name, file };
    this.items.push(item);
    return item;
  }

  // Things that come into being.

  epoll(): Item {
    const name = this.name('ep');
    const { random } = this;
    if (random.chance(0.08)) this.step('epoll_create', { size: random.pick([1, 8, 1000]) }, [name]);
    else this.step('epoll_create1', { flags: random.chance(0.2) ? 'EPOLL_CLOEXEC' : 0 }, [name]);
    return this.add(name, 'ep', true);
  }

  pipe(blocking: number): Item[] {
    const stem = this.name('p');
    const nonblock = !this.random.chance(blocking);
    this.step('pipe2', { flags: nonblock ? 'O_NONBLOCK' : 0 }, [`${stem}r`, `${stem}w`]);
    const r = this.add(`${stem}r`, 'pipeR', nonblock);
    const w = this.add(`${stem}w`, 'pipeW', nonblock, { peer: r.file });
    r.file.peer = w.file;
    return [r, w];
  }

  pair(type: 'SOCK_STREAM' | 'SOCK_DGRAM' | 'SOCK_SEQPACKET', blocking: number): Item[] {
    const stem = this.name('s');
    const nonblock = !this.random.chance(blocking);
    this.step(
      'socketpair',
      { domain: 'AF_UNIX', type: nonblock ? `${type}|SOCK_NONBLOCK` : type },
      [`${stem}a`, `${stem}b`],
    );
    const kind = type === 'SOCK_STREAM' ? 'stream' : 'message';
    const a = this.add(`${stem}a`, kind, nonblock);
    const b = this.add(`${stem}b`, kind, nonblock, { peer: a.file });
    a.file.peer = b.file;
    return [a, b];
  }

  event(blocking: number): Item[] {
    const { random } = this;
    const nonblock = !random.chance(blocking);
    const semaphore = random.chance(0.2);
    const names = [...(nonblock ? ['EFD_NONBLOCK'] : []), ...(semaphore ? ['EFD_SEMAPHORE'] : [])];
    const initval = random.weighted([
      [0, 6],
      [1, 2],
      [3, 1],
      [4294967295, 1],
    ]);
    const name = this.name('ev');
    this.step('eventfd2', { initval, flags: names.length === 0 ? 0 : names.join('|') }, [name]);
    return [this.add(name, 'event', nonblock, { queued: initval })];
  }

  timer(): Item[] {
    const name = this.name('tf');
    const clock = this.random.pick(['CLOCK_MONOTONIC', 'CLOCK_BOOTTIME', 'CLOCK_REALTIME']);
    this.step('timerfd_create', { clock, flags: 'TFD_NONBLOCK' }, [name]);
    return [this.add(name, 'timer', true)];
  }

  listener(blocking: number, backlog = 8): Item {
    const { random } = this;
    const name = this.name('l');
    const nonblock = !random.chance(blocking);
    this.step(
      'socket',
      { domain: 'AF_INET', type: nonblock ? 'SOCK_STREAM|SOCK_NONBLOCK' : 'SOCK_STREAM' },
      [name],
    );
    const item = this.add(name, 'listen', nonblock);
    if (random.chance(0.2)) {
      this.step('setsockopt', {
        fd: `$${name}`,
        level: 'SOL_SOCKET',
        name: 'SO_REUSEADDR',
        value: 1,
      });
    }
    this.step('bind', { fd: `$${name}`, port: 0 });
    this.step('listen', { fd: `$${name}`, backlog });
    return item;
  }

  /** A socket that connects to a listener; sometimes it is watched before it does. */
  client(listener: Item, blocking: number, between: (item: Item) => void = () => {}): Item {
    const name = this.name('c');
    const nonblock = !this.random.chance(blocking);
    this.step(
      'socket',
      { domain: 'AF_INET', type: nonblock ? 'SOCK_STREAM|SOCK_NONBLOCK' : 'SOCK_STREAM' },
      [name],
    );
    const item = this.add(name, 'tcp', nonblock);
    between(item);
    this.step('connect', { fd: `$${name}`, to: `$${listener.name}` });
    listener.file.queued++;
    return item;
  }

  accept(listener: Item, peer: Item | undefined): Item {
    const name = this.name('a');
    const nonblock = this.random.chance(0.55);
    this.step('accept4', { fd: `$${listener.name}`, flags: nonblock ? 'SOCK_NONBLOCK' : 0 }, [
      name,
    ]);
    listener.file.queued--;
    const item = this.add(name, 'tcp', nonblock, { peer: peer?.file ?? null });
    if (peer !== undefined) peer.file.peer = item.file;
    return item;
  }

  // Watching and waiting.

  data(): number {
    this.#data += 1;
    return this.#data;
  }

  mask(item: Item): string | number {
    const { kind } = item.file;
    if (kind === 'ep' && this.random.chance(0.85)) return this.random.weighted(MASKS.ep);
    const tcp = kind === 'tcp' || kind === 'listen' || kind === 'fresh';
    return this.random.weighted(tcp ? MASKS.tcp : MASKS.any);
  }

  watch(ep: Item, item: Item, thread = 'main', mask = this.mask(item)): void {
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

  // Traffic.

  text(): string {
    return this.random.pick(WORDS);
  }

  /** Writes something to `item` where that makes sense and does not block for long. */
  write(item: Item, thread = 'main'): void {
    const { random } = this;
    const { file, name } = item;
    const fd = `$${name}`;
    if (file.kind === 'event') {
      const value = random.weighted([
        ['1', 60],
        ['5', 10],
        ['2', 8],
        ['0', 6],
        ['18446744073709551614', 8],
        ['18446744073709551615', 4],
        ['18446744073709551613', 2],
        ['18446744069414584320', 2],
      ]);
      if (!file.nonblock && value.length > 3 && thread === 'main') {
        this.step('write', { fd, value: '1' }, undefined, thread);
        file.queued += 1;
        return;
      }
      this.step('write', { fd, value }, undefined, thread);
      if (value !== '18446744073709551615') file.queued += Number(value);
      return;
    }
    const data = this.text();
    const socket = file.kind === 'stream' || file.kind === 'message' || file.kind === 'tcp';
    const far = file.peer ?? null;
    if (socket && random.chance(0.35)) {
      const more = file.kind === 'tcp' ? 0 : 1;
      const flags = random.weighted<string | number>([
        [0, 10],
        ['MSG_DONTWAIT', 9],
        ['MSG_MORE', more],
        ['MSG_EOR', more],
      ]);
      this.step('send', { fd, data, flags }, undefined, thread);
    } else if (file.kind === 'pipeW' && random.chance(0.12) && file.nonblock) {
      const bytes = random.weighted([
        [65536, 5],
        [70000, 3],
        [4096, 2],
        [4097, 1],
        [61440, 1],
        [131072, 1],
      ]);
      this.step('write', { fd, bytes }, undefined, thread);
      if (far !== null) far.queued = Math.min(65536, far.queued + bytes);
      return;
    } else {
      this.step('write', { fd, data }, undefined, thread);
    }
    if (far !== null) far.queued += file.kind === 'message' ? 1 : data.length;
  }

  /** Whether a read by `file` returns at once, as far as is known. */
  readable(file: Stuff): boolean {
    return file.nonblock || file.queued > 0 || file.ended;
  }

  read(item: Item, thread = 'main'): void {
    const { random } = this;
    const { file, name } = item;
    const fd = `$${name}`;
    const safe = this.readable(file) || thread !== 'main';
    if (file.kind === 'event' || file.kind === 'timer') {
      if (!safe) return;
      this.step(
        'read',
        {
          fd,
          len: random.weighted([
            [8, 20],
            [64, 1],
            [4, 1],
            [9, 1],
          ]),
        },
        undefined,
        thread,
      );
      file.queued = 0;
      return;
    }
    const len = random.weighted([
      [256, 45],
      [1, 12],
      [2, 12],
      [3, 10],
      [4, 12],
      [64, 3],
      [1048576, 5],
      [0, 1],
    ]);
    const socket = file.kind === 'stream' || file.kind === 'message' || file.kind === 'tcp';
    if (socket && (random.chance(0.4) || !safe)) {
      const flags = random.weighted<string | number>([
        [safe ? 0 : 'MSG_DONTWAIT', 12],
        ['MSG_DONTWAIT', 12],
        [safe ? 'MSG_PEEK' : 'MSG_PEEK|MSG_DONTWAIT', 4],
        ['MSG_PEEK|MSG_DONTWAIT', 2],
        ['MSG_TRUNC|MSG_DONTWAIT', file.kind === 'message' ? 3 : 0],
        ['MSG_WAITALL|MSG_DONTWAIT', 1],
      ]);
      this.step('recv', { fd, len, flags }, undefined, thread);
      if (typeof flags === 'string' && flags.includes('PEEK')) return;
    } else if (safe) {
      this.step('read', { fd, len }, undefined, thread);
    } else return;
    file.queued = Math.max(0, file.queued - (file.kind === 'message' ? 1 : len));
  }

  /** Reads what can be read, writes what can be written. */
  traffic(item: Item, thread = 'main'): void {
    const { kind, queued, ended, peer } = item.file;
    const source = kind === 'pipeR' ? this.items.find(({ file }) => file === peer) : undefined;
    const empty = queued === 0 && !ended && this.random.chance(0.7);
    if (empty && source !== undefined) this.write(source, thread);
    else if (kind === 'pipeR' || kind === 'timer') this.read(item, thread);
    else if (kind === 'pipeW' || (empty && kind !== 'ep' && kind !== 'listen' && kind !== 'fresh'))
      this.write(item, thread);
    else if (kind !== 'ep' && kind !== 'listen' && kind !== 'fresh') {
      if (this.random.chance(0.6)) this.write(item, thread);
      else this.read(item, thread);
    }
  }

  shutdown(item: Item, thread = 'main'): void {
    const how = this.random.weighted([
      ['SHUT_WR', 5],
      ['SHUT_RD', 4],
      ['SHUT_RDWR', 2],
    ]);
    this.step('shutdown', { fd: `$${item.name}`, how }, undefined, thread);
    if (how !== 'SHUT_WR') item.file.ended = true;
    if (how !== 'SHUT_RD' && item.file.peer !== null) item.file.peer.ended = true;
  }

  close(item: Item, thread = 'main'): void {
    this.step('close', { fd: `$${item.name}` }, undefined, thread);
    this.#gone(item);
  }

  #gone(item: Item): void {
    this.items.splice(this.items.indexOf(item), 1);
    item.file.names--;
    if (item.file.names === 0 && item.file.peer !== null) item.file.peer.ended = true;
    for (let i = this.watched.length - 1; i >= 0; i--) {
      const { ep, fd } = this.watched[i] as { ep: string; fd: string };
      if (ep === item.name || fd === item.name) this.watched.splice(i, 1);
    }
  }

  /** Gives a descriptor one more name, by one of the calls that do so. */
  duplicate(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const name = this.name('d');
    const bind = [name];
    const call = random.weighted([
      ['dup', 10],
      ['F_DUPFD', 4],
      ['dup3', 3],
      ['dup2', 2],
    ]);
    if (call === 'dup') this.step('dup', { fd }, bind);
    else if (call === 'F_DUPFD')
      this.step('fcntl', { fd, cmd: 'F_DUPFD', arg: random.pick([0, 10, 40]) }, bind);
    else {
      const others = this.items.filter((one) => one !== item);
      const over = random.chance(0.5) && others.length > 3 ? random.pick(others) : undefined;
      const newfd = over === undefined ? random.int(30, 60) : `$${over.name}`;
      if (call === 'dup2') this.step('dup2', { fd, newfd }, bind);
      else this.step('dup3', { fd, newfd, flags: random.chance(0.7) ? 0 : 'O_CLOEXEC' }, bind);
      if (over !== undefined) this.#gone(over);
    }
    item.file.names++;
    this.items.push({ name, file: item.file });
  }

  fcntl(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const cmd = random.weighted([
      ['F_GETFL', 4],
      ['F_SETFL', 4],
      ['F_GETFD', 1],
      ['F_SETFD', 1],
    ]);
    if (cmd === 'F_SETFL') {
      const arg = random.chance(0.85) ? 'O_NONBLOCK' : 0;
      this.step('fcntl', { fd, cmd, arg });
      item.file.nonblock = arg !== 0;
    } else if (cmd === 'F_SETFD')
      this.step('fcntl', { fd, cmd, arg: random.pick(['FD_CLOEXEC', 0]) });
    else this.step('fcntl', { fd, cmd });
  }

  ioctl(item: Item): void {
    const fd = `$${item.name}`;
    if (this.random.chance(0.5)) this.step('ioctl', { fd, request: 'FIONREAD' });
    else {
      const arg = this.random.chance(0.85) ? 1 : 0;
      this.step('ioctl', { fd, request: 'FIONBIO', arg });
      item.file.nonblock = arg !== 0;
    }
  }

  poll(timeout: number, thread = 'main'): void {
    const { random } = this;
    const count = Math.min(random.int(1, 5), this.items.length);
    const entries = random
      .shuffle(this.items)
      .slice(0, count)
      .map(({ name }) => ({
        fd: `$${name}` as string | number,
        events: random.weighted<string | number>([
          ['POLLIN', 8],
          ['POLLIN|POLLOUT', 8],
          ['POLLIN|POLLOUT|POLLPRI|POLLRDHUP', 4],
          ['POLLRDNORM|POLLWRNORM|POLLRDBAND|POLLWRBAND', 3],
          ['POLLOUT', 3],
          ['POLLIN|POLLRDHUP', 1],
          ['POLLPRI', 1],
          [0, 2],
        ]),
      }));
    if (random.chance(0.12)) {
      entries.push({
        fd: random.pick([-1, 999, 0]),
        events: random.pick(['POLLIN', 'POLLIN|POLLOUT', 0]),
      });
    }
    this.step('poll', { fds: entries, timeout }, undefined, thread);
  }

  select(timeout: number | null, thread = 'main'): void {
    const { random } = this;
    const some = (): string[] =>
      random
        .shuffle(this.items)
        .slice(0, random.int(0, Math.min(3, this.items.length)))
        .map(({ name }) => `$${name}`)
        .sort();
    this.step(
      'select',
      { read: some(), write: some(), except: some(), timeout },
      undefined,
      thread,
    );
  }

  option(item: Item): void {
    const { random } = this;
    const fd = `$${item.name}`;
    const tcp =
      item.file.kind === 'tcp' || item.file.kind === 'listen' || item.file.kind === 'fresh';
    if (random.chance(0.45)) {
      const name = random.weighted([
        ['SO_ERROR', 16],
        ['SO_TYPE', 2],
        ['SO_ACCEPTCONN', 2],
        ['SO_RCVLOWAT', 2],
        ['SO_LINGER', 2],
        ['SO_DOMAIN', 1],
        ['SO_PROTOCOL', 1],
        ['SO_REUSEADDR', 1],
        ['SO_KEEPALIVE', 1],
        ['SO_OOBINLINE', 1],
      ]);
      this.step('getsockopt', { fd, level: 'SOL_SOCKET', name });
      return;
    }
    const [level, name, value] = random.weighted<readonly [string, string, number]>([
      [['SOL_SOCKET', 'SO_LINGER', 0], 4],
      [['SOL_SOCKET', 'SO_LINGER', -1], 1],
      [['SOL_SOCKET', 'SO_LINGER', 5], 1],
      [['SOL_SOCKET', 'SO_REUSEADDR', 1], 3],
      [['SOL_SOCKET', 'SO_RCVLOWAT', random.pick([0, 1, 2, 3, 5, 6, 10, 20])], tcp ? 6 : 2],
      [['SOL_SOCKET', 'SO_OOBINLINE', random.int(0, 1)], tcp ? 3 : 1],
      [['SOL_SOCKET', 'SO_KEEPALIVE', 1], 1],
      [['IPPROTO_TCP', 'TCP_NODELAY', 1], tcp ? 3 : 0.3],
      [['SOL_SOCKET', 'SO_ERROR', 0], 0.3],
    ]);
    this.step('setsockopt', { fd, level, name, value });
  }

  /** Asks every epoll once more, so that the end of the scenario shows its state. */
  finish(): void {
    const eps = this.of('ep');
    const asked = eps.length <= 3 ? eps : this.random.shuffle(eps).slice(0, 4);
    for (const ep of asked) this.wait(ep, 16);
  }
}
