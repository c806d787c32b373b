/** Actions on TCP sockets that need version 2 of the format, or that only TCP has. */
import type { Action } from './actions.ts';
import { listenerOf } from './connections.ts';
import type { Args } from './document.ts';
import type { Sleepers } from './sleepers.ts';
import type { Item, World } from './world.ts';

const someTcp = (world: World): Item | undefined => world.random.shuffle(world.of('tcp'))[0];

const anySocket = (world: World): Item | undefined =>
  world.random.shuffle(world.of('tcp', 'tcp', 'listen', 'fresh'))[0];

const options = [
  ['TCP_DEFER_ACCEPT', [0, 1, 5]],
  ['TCP_CORK', [0, 1]],
  ['TCP_NODELAY', [0, 1]],
  ['TCP_NOTSENT_LOWAT', [0, 1, 1000]],
  ['TCP_KEEPIDLE', [1, 60, 0, 32768]],
  ['TCP_KEEPINTVL', [1, 0]],
  ['TCP_KEEPCNT', [3, 128]],
  ['TCP_SYNCNT', [2, 0, 128]],
  ['TCP_LINGER2', [0, 1, -1]],
  ['TCP_QUICKACK', [0, 1]],
  ['TCP_USER_TIMEOUT', [0, 1000, -1]],
  ['TCP_INQ', [0, 1, 2]],
  ['TCP_FASTOPEN', [0, 5]],
  ['TCP_FASTOPEN_CONNECT', [0, 1]],
] as const;

const socketOptions = [
  ['SO_KEEPALIVE', [0, 1]],
  ['SO_REUSEADDR', [0, 1]],
  ['SO_REUSEPORT', [0, 1]],
  ['SO_OOBINLINE', [0, 1]],
  ['SO_RCVLOWAT', [1, 3, 10]],
  ['SO_LINGER', [-1, 0, 3]],
  ['SO_BROADCAST', [1]],
  ['SO_PRIORITY', [0, 6]],
  ['SO_SNDBUF', [0, 8192]],
  ['SO_RCVBUF', [0, 8192]],
] as const;

export const tcpOption: Action = (world) => {
  const item = anySocket(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const own = random.chance(0.6);
  const level = own ? 'IPPROTO_TCP' : 'SOL_SOCKET';
  const [name, values] = own ? random.pick(options) : random.pick(socketOptions);
  // What does not fit any more is sent again and again: no rest for who sends much (sleepInTcp()).
  if (name === 'SO_RCVBUF' && world.threads.length > 1) return;
  const isSize = name === 'SO_SNDBUF' || name === 'SO_RCVBUF';
  const reads = random.chance(0.35) && name !== 'TCP_QUICKACK' && !isSize;
  if (reads) world.step('getsockopt', { fd, level, name });
  else world.step('setsockopt', { fd, level, name, value: random.pick<number>(values) });
};

export const tcpIoctl: Action = (world) => {
  const item = anySocket(world);
  if (item === undefined) return;
  const request = world.random.pick(['SIOCATMARK', 'SIOCOUTQ', 'SIOCOUTQNSD', 'FIONREAD']);
  world.step('ioctl', { fd: `$${item.name}`, request });
};

export const tcpName: Action = (world) => {
  const item = anySocket(world);
  if (item === undefined) return;
  world.step(world.random.pick(['getsockname', 'getpeername']), { fd: `$${item.name}` });
};

export const disconnect: Action = (world) => {
  const item = anySocket(world);
  if (item === undefined) return;
  world.step('connect', { fd: `$${item.name}`, to: null });
};

export const tcpPieces: Action = (world) => {
  const item = someTcp(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  if (random.chance(0.55)) {
    world.step('writev', {
      fd,
      parts: random.pick([
        ['a', 'bc'],
        ['', 'x'],
        ['one', '', 'two'],
      ]),
    });
    if (item.file.peer !== null) item.file.peer.queued += 3;
  } else if (world.readable(item.file)) world.step('readv', { fd, lens: [1, random.int(0, 5)] });
};

export const tcpMessages: Action = (world) => {
  const item = someTcp(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  if (random.chance(0.5)) {
    const flags = random.pick([
      'MSG_DONTWAIT',
      'MSG_DONTWAIT|MSG_MORE',
      'MSG_DONTWAIT|MSG_EOR',
      'MSG_DONTWAIT|MSG_OOB',
    ]);
    world.step('sendmsg', { fd, data: world.text(), flags });
    return;
  }
  const flags = random.pick([
    'MSG_DONTWAIT',
    'MSG_DONTWAIT|MSG_PEEK',
    'MSG_DONTWAIT|MSG_TRUNC',
    'MSG_DONTWAIT|MSG_WAITALL',
    'MSG_DONTWAIT|MSG_OOB',
    'MSG_DONTWAIT|MSG_ERRQUEUE',
  ]);
  world.step('recvmsg', { fd, len: random.pick([1, 2, 64, 1000]), flags });
};

/** Calls that may sleep: until there is data, room, a connection, or an end to it. */
export function sleepInTcp(world: World, sleepers: Sleepers): void {
  const thread = sleepers.idle();
  if (thread === undefined) return;
  const { random } = world;
  const [item] = random.shuffle(world.of('tcp').filter(({ file }) => !file.nonblock));
  const listener = world.of('listen').find(({ file }) => !file.nonblock);
  const call = (name: string, on: Item, args: Args, bind?: string[]): void => {
    world.step(name, { fd: `$${on.name}`, ...args }, bind, thread);
    sleepers.sleeps(thread, on);
  };
  const sendMuch = (on: Item): void => {
    const peer = world.of('tcp').find(({ file }) => file === on.file.peer);
    if (peer === undefined) return;
    // With these buffers it is always the same number of bytes that fit (docs/limits.md, TCP).
    const level = 'SOL_SOCKET';
    world.step('setsockopt', { fd: `$${peer.name}`, level, name: 'SO_RCVBUF', value: 65_536 });
    world.step('setsockopt', { fd: `$${on.name}`, level, name: 'SO_SNDBUF', value: 4096 });
    call('send', on, { bytes: 300_000 });
  };
  const onSocket = (on: Item): void =>
    random.weighted<() => void>([
      [() => call('recv', on, { len: random.pick([1, 10, 64]) }), 8],
      [() => call('recv', on, { len: 10, flags: 'MSG_WAITALL' }), 5],
      [() => call('recv', on, { len: 4, flags: 'MSG_PEEK' }), 2],
      [() => call('recv', on, { len: 10, flags: 'MSG_WAITALL|MSG_PEEK' }), 2],
      [() => call('read', on, { len: 100 }), 4],
      [() => sendMuch(on), 2],
      [() => call('recv', on, { len: 10, flags: 'MSG_ERRQUEUE' }), 0.5],
    ])();
  const ask = (asks: () => void): void => {
    asks();
    sleepers.sleeps(thread);
  };
  random.weighted<() => void>([
    [() => item !== undefined && onSocket(item), 14],
    [() => ask(() => world.waitFor(world.anyEpoll(), -1, thread)), 10],
    [() => ask(() => world.poll(-1, thread)), 3],
    [() => ask(() => world.select(null, thread)), 2],
    [() => listener !== undefined && call('accept4', listener, {}, [world.name('a')]), 4],
  ])();
}

/** What may let a sleeper out: data, room, a connection, an end. */
export function rouseTcp(world: World, sleepers: Sleepers): void {
  const { random } = world;
  const thread = sleepers.blocked();
  const on = thread === undefined ? undefined : sleepers.sleepsOn(thread);
  if (thread === undefined || on === undefined) {
    const [any] = random.shuffle(world.of('tcp'));
    if (any !== undefined) world.write(any);
    sleepers.wakeOne();
    return;
  }
  if (on.file.kind === 'listen') {
    if (random.chance(0.8)) world.client(on, 0.7);
    else world.shutdown(on);
  } else {
    const peer = world.of('tcp').find(({ file }) => file === on.file.peer);
    random.weighted<() => void>([
      [() => peer !== undefined && world.write(peer), 12],
      [() => peer !== undefined && world.read(peer), 3],
      [() => peer !== undefined && world.shutdown(peer), 2],
      [() => peer !== undefined && world.close(peer), 1.5],
      [() => world.shutdown(on), 1],
      [() => world.close(on), 1],
    ])();
  }
  sleepers.wakes(thread);
}

/** Connections that nobody accepts: more than the backlog has room for. */
export const overflow: Action = (world) => {
  const listener = listenerOf(world);
  if (listener === undefined) return;
  for (let i = world.random.int(2, 4); i > 0; i--) {
    const client = world.client(listener, 0);
    if (world.random.chance(0.5)) world.watch(world.anyEpoll(), client);
  }
};

/** A connection of a socket to itself: both ends send a SYN. */
export const withItself: Action = (world) => {
  const name = world.name('z');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const item = world.add(name, 'tcp', true);
  item.file.peer = item.file;
  if (world.random.chance(0.5)) world.watch(world.anyEpoll(), item);
  world.step('bind', { fd: `$${name}`, port: world.random.pick([0, 5100]) });
  world.step('connect', { fd: `$${name}`, to: `$${name}` });
};

/** Listeners that share a port, or are refused it. */
export const sharePort: Action = (world) => {
  const { random } = world;
  const name = world.name('g');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const option = random.pick(['SO_REUSEPORT', 'SO_REUSEPORT', 'SO_REUSEADDR']);
  if (random.chance(0.8)) {
    world.step('setsockopt', { fd: `$${name}`, level: 'SOL_SOCKET', name: option, value: 1 });
  }
  world.step('bind', { fd: `$${name}`, port: 5200 });
  // Which of several would get a connection is left to chance: nobody connects to them.
  world.add(name, 'fresh', true);
  if (random.chance(0.6)) world.step('listen', { fd: `$${name}`, backlog: random.pick([0, 1, 8]) });
};
