/**
 * A scenario in the making: the descriptors that exist so far, roughly what state they are in, and
 * the steps that were chosen. The state is only good enough to choose steps that make sense and
 * that seldom block a thread by accident.
 */
import type { Dice } from './dice.ts';
import type { Args, Document, Step } from './document.ts';

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
  | 'udp'
  | 'unix'
  | 'signals'
  | 'pidfd'
  | 'file'
  | 'notify'
  | 'ptm'
  | 'pts'
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

export class Things {
  readonly random: Dice;
  readonly items: Item[] = [];
  readonly steps: Step[] = [];
  /** What each epoll watches, as `ep fd`, newest last. */
  readonly watched: { ep: string; fd: string }[] = [];
  readonly threads: string[];
  private readonly counts = new Map<string, number>();

  constructor(random: Dice, threads: readonly string[] = ['main']) {
    this.random = random;
    this.threads = [...threads];
  }

  scenario(name: string, version?: 2): Document {
    const { steps, threads } = this;
    const head = version === undefined ? { name } : { version, name };
    return threads.length > 1 ? { ...head, threads, steps } : { ...head, steps };
  }

  step(call: string, given: Args, bind?: readonly string[], thread = 'main'): void {
    const head = thread === 'main' ? {} : { thread };
    const args = call === 'recv' ? bounded(given) : given;
    this.steps.push({ ...head, call, args, ...(bind === undefined ? {} : { bind }) });
  }

  /** A name not used before: `ep`, `ep1`, `ep2`… */
  name(stem: string): string {
    const count = this.counts.get(stem) ?? 0;
    this.counts.set(stem, count + 1);
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
}

/** Peeking at nothing, in front of an urgent byte, never returns: not in Linux 6.18 either. */
function bounded(args: Args): Args {
  const peeks = typeof args['flags'] === 'string' && args['flags'].includes('MSG_PEEK');
  return peeks && args['len'] === 0 ? { ...args, len: 1 } : args;
}
