/** Actions on UDP sockets. */
import type { Action } from './actions.ts';
import type { Item, World } from './world.ts';

/** Options of IPPROTO_IP and IPPROTO_UDP, which the format takes by number. */
const IP_MTU_DISCOVER = 10;
const IP_RECVERR = 11;
const IP_MTU = 14;
const UDP_CORK = 1;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

const sizes = [
  [1, 6],
  [0, 3],
  [7, 6],
  [100, 5],
  [197, 1],
  [198, 1],
  [1000, 5],
  [4000, 3],
  [16004, 1],
  [16005, 1],
  [20000, 2],
  [65507, 2],
  [65508, 2],
  [65509, 0.5],
  [65535, 0.5],
  [65536, 0.5],
] as const;

export const someUdp = (world: World): Item | undefined => world.random.shuffle(world.of('udp'))[0];

/** A socket, bound as a rule. */
export function udpSocket(world: World, blocking = 0.2): Item {
  const { random } = world;
  const name = world.name('u');
  const nonblock = !random.chance(blocking);
  world.step(
    'socket',
    { domain: 'AF_INET', type: nonblock ? 'SOCK_DGRAM|SOCK_NONBLOCK' : 'SOCK_DGRAM' },
    [name],
  );
  const item = world.add(name, 'udp', nonblock);
  if (random.chance(0.15)) reuse(world, item);
  if (random.chance(0.8)) bindTo(world, item, random.chance(0.85) ? 0 : random.pick([4321, 4322]));
  return item;
}

function bindTo(world: World, item: Item, port: number): void {
  world.step('bind', { fd: `$${item.name}`, port });
}

function reuse(world: World, item: Item): void {
  const value = world.random.chance(0.9) ? 1 : 0;
  world.step('setsockopt', {
    fd: `$${item.name}`,
    level: 'SOL_SOCKET',
    name: 'SO_REUSEADDR',
    value,
  });
}

/** Two sockets of which one or both are connected to the other. */
export function udpPair(world: World, blocking = 0.2): Item[] {
  const a = udpSocket(world, blocking);
  const b = udpSocket(world, blocking);
  world.step('connect', { fd: `$${b.name}`, to: `$${a.name}` });
  b.file.peer = a.file;
  if (world.random.chance(0.5)) {
    world.step('connect', { fd: `$${a.name}`, to: `$${b.name}` });
    a.file.peer = b.file;
  }
  return [a, b];
}

export const connectUdp: Action = (world) => {
  const item = someUdp(world);
  const to = someUdp(world);
  if (item === undefined || to === undefined) return;
  const nobody = world.random.chance(0.2);
  const target = nobody ? { port: world.random.pick([9, 4321, 0]) } : `$${to.name}`;
  world.step('connect', { fd: `$${item.name}`, to: target });
  item.file.peer = nobody ? null : to.file;
};

export const bindUdp: Action = (world) => {
  const item = someUdp(world);
  if (item !== undefined) bindTo(world, item, world.random.pick([0, 4321, 4321, 4322]));
};

/** Sockets that ask to share a port which nobody sends to: who would get it is left to chance. */
export const groupUdp: Action = (world) => {
  const { random } = world;
  for (let i = random.int(1, 3); i > 0; i--) {
    const name = world.name('g');
    world.step('socket', { domain: 'AF_INET', type: 'SOCK_DGRAM|SOCK_NONBLOCK' }, [name]);
    const option = random.pick(['SO_REUSEPORT', 'SO_REUSEPORT', 'SO_REUSEADDR']);
    if (random.chance(0.8)) {
      world.step('setsockopt', { fd: `$${name}`, level: 'SOL_SOCKET', name: option, value: 1 });
    }
    world.step('bind', { fd: `$${name}`, port: 4400 });
  }
};

export function sendUdp(world: World, item: Item | undefined, thread = 'main'): void {
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const payload = random.chance(0.6)
    ? { data: random.pick(['a', 'hello', '', '0123456789', 'the quick brown fox']) }
    : { bytes: random.weighted(sizes) };
  const flags = random.weighted<string | number>([
    [0, 20],
    ['MSG_DONTWAIT', 6],
    ['MSG_MORE', 4],
    ['MSG_MORE|MSG_DONTWAIT', 1],
    ['MSG_OOB', 0.4],
    ['MSG_CONFIRM', 0.4],
    ['MSG_EOR', 0.4],
    ['MSG_DONTROUTE', 0.4],
  ]);
  if (random.chance(0.3)) world.step('write', { fd, ...payload }, undefined, thread);
  else world.step('send', { fd, ...payload, flags }, undefined, thread);
  if (item.file.peer !== null) item.file.peer.queued++;
}

export function receiveUdp(world: World, item: Item | undefined, thread = 'main'): void {
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const len = random.weighted([
    [256, 20],
    [2, 8],
    [65536, 6],
    [1, 3],
    [0, 2],
    [5, 3],
  ]);
  const safe = item.file.nonblock || thread !== 'main';
  if (safe && random.chance(0.35)) {
    world.step('read', { fd, len }, undefined, thread);
  } else {
    const wait = safe && random.chance(0.6) ? [] : ['MSG_DONTWAIT'];
    const more = random.weighted<string[]>([
      [[], 20],
      [['MSG_PEEK'], 8],
      [['MSG_TRUNC'], 4],
      [['MSG_PEEK', 'MSG_TRUNC'], 3],
      [['MSG_WAITALL'], 2],
      [['MSG_ERRQUEUE'], 4],
      [['MSG_ERRQUEUE', 'MSG_TRUNC'], 1],
      [['MSG_OOB'], 0.5],
    ]);
    const names = [...more, ...wait];
    const flags = names.length === 0 ? 0 : names.join('|');
    world.step('recv', { fd, len, flags }, undefined, thread);
    if (more.includes('MSG_PEEK') || more.includes('MSG_ERRQUEUE')) return;
  }
  item.file.queued = Math.max(0, item.file.queued - 1);
}

/** Nobody is there: the error comes back, and into the queue where that is asked for. */
export const refusedUdp: Action = (world) => {
  const { random } = world;
  const item = someUdp(world);
  if (item === undefined) return;
  const fd = `$${item.name}`;
  if (random.chance(0.6)) {
    world.step('setsockopt', { fd, level: 'IPPROTO_IP', name: IP_RECVERR, value: 1 });
  }
  world.step('connect', { fd, to: { port: random.pick([9, 10]) } });
  item.file.peer = null;
  for (let i = random.int(1, 3); i > 0; i--) sendUdp(world, item);
  if (random.chance(0.5) && world.of('ep').length > 0) world.wait(world.anyEpoll());
  if (random.chance(0.6)) {
    const flags = random.pick(['MSG_ERRQUEUE', 'MSG_ERRQUEUE|MSG_TRUNC', 'MSG_ERRQUEUE|MSG_PEEK']);
    world.step('recv', { fd, len: random.pick([64, 2, 0, 1000]), flags });
  }
};

export const udpTraffic: Action = (world) => {
  const connected = world.of('udp').filter(({ file }) => file.peer !== null);
  const item =
    connected.length > 0 && world.random.chance(0.8)
      ? world.random.pick(connected)
      : someUdp(world);
  if (item === undefined) return;
  const source = world.of('udp').find(({ file }) => file.peer === item.file);
  if (item.file.queued > 0 && world.random.chance(0.55)) receiveUdp(world, item);
  else if (source !== undefined && world.random.chance(0.6)) sendUdp(world, source);
  else if (world.random.chance(0.6)) sendUdp(world, item);
  else receiveUdp(world, item);
};

/** More than a small receive buffer takes. */
export const floodUdp: Action = (world) => {
  const { random } = world;
  const [item] = random.shuffle(world.of('udp').filter(({ file }) => file.peer !== null));
  if (item === undefined) return;
  const receiver = world.items.find(({ file }) => file === item.file.peer);
  if (receiver !== undefined && random.chance(0.8)) {
    const value = random.pick([0, 2304, 4096, 6000, 10_000]);
    world.step('setsockopt', {
      fd: `$${receiver.name}`,
      level: 'SOL_SOCKET',
      name: 'SO_RCVBUF',
      value,
    });
  }
  const bytes = random.weighted(sizes);
  for (let i = random.int(3, 9); i > 0; i--) {
    const size = random.chance(0.8) ? bytes : random.weighted(sizes);
    world.step('send', { fd: `$${item.name}`, bytes: size, flags: 'MSG_DONTWAIT' });
    if (item.file.peer !== null) item.file.peer.queued++;
  }
};

type Option = readonly [level: string, name: string | number, value: number];

export const udpOption: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const [level, name, value] = random.weighted<Option>([
    [['IPPROTO_IP', IP_RECVERR, 1], 8],
    [['IPPROTO_IP', IP_RECVERR, 0], 2],
    [['SOL_SOCKET', 'SO_SELECT_ERR_QUEUE', random.int(0, 1)], 3],
    [['SOL_SOCKET', 'SO_PEEK_OFF', random.pick([0, 0, 1, 3, -1])], 5],
    [['SOL_SOCKET', 'SO_RCVBUF', random.pick([0, 2304, 5000, 100_000])], 3],
    [['SOL_SOCKET', 'SO_SNDBUF', random.pick([0, 4608, 10_000])], 3],
    [['SOL_SOCKET', 'SO_REUSEADDR', random.int(0, 1)], 2],
    [['SOL_SOCKET', 'SO_RCVLOWAT', random.pick([0, 5, 100])], 1],
    [['IPPROTO_UDP', UDP_CORK, 1], 4],
    [['IPPROTO_UDP', UDP_CORK, 0], 4],
    [['IPPROTO_UDP', UDP_SEGMENT, random.pick([0, 0, 5, 100, 1000])], 2],
    [['IPPROTO_UDP', UDP_GRO, random.int(0, 1)], 1],
    [['IPPROTO_IP', IP_MTU_DISCOVER, random.pick([0, 1, 2, 3, 4, 5])], 2],
    [['IPPROTO_TCP', 'TCP_NODELAY', 1], 0.5],
    [['IPPROTO_UDP', random.pick([10, 11, 2, 100, 999]), 1], 0.5],
  ]);
  world.step('setsockopt', { fd, level, name, value });
};

export const askUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  const [level, name] = world.random.weighted<readonly [string, string | number]>([
    [['SOL_SOCKET', 'SO_ERROR'], 16],
    [['SOL_SOCKET', 'SO_TYPE'], 1],
    [['SOL_SOCKET', 'SO_PROTOCOL'], 1],
    [['SOL_SOCKET', 'SO_ACCEPTCONN'], 1],
    [['SOL_SOCKET', 'SO_PEEK_OFF'], 3],
    [['SOL_SOCKET', 'SO_RCVBUF'], 2],
    [['SOL_SOCKET', 'SO_SNDBUF'], 2],
    [['SOL_SOCKET', 'SO_RCVLOWAT'], 1],
    [['IPPROTO_IP', IP_MTU], 3],
    [['IPPROTO_IP', IP_RECVERR], 1],
    [['IPPROTO_UDP', UDP_CORK], 1],
    [['IPPROTO_UDP', UDP_SEGMENT], 1],
    [['IPPROTO_UDP', 999], 0.5],
    [['IPPROTO_TCP', 'TCP_NODELAY'], 0.5],
  ]);
  world.step('getsockopt', { fd: `$${item.name}`, level, name });
};

export const fionreadUdp: Action = (world) => {
  const item = someUdp(world);
  if (item !== undefined) world.step('ioctl', { fd: `$${item.name}`, request: 'FIONREAD' });
};

export const shutUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  const how = world.random.pick(['SHUT_RD', 'SHUT_WR', 'SHUT_RDWR']);
  world.step('shutdown', { fd: `$${item.name}`, how });
};

/** Where a datagram goes, or whom a socket is connected to. */
function targetOf(world: World): string | { readonly port: number } | null {
  const { random } = world;
  const to = someUdp(world);
  if (to !== undefined && random.chance(0.8)) {
    to.file.queued++;
    return `$${to.name}`;
  }
  return random.chance(0.15) ? null : { port: random.pick([9, 4321, 0]) };
}

/** The calls with addresses and pieces, which came with version 2 of the format. */
export const sendToUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const payload = random.chance(0.6) ? { data: world.text() } : { bytes: random.weighted(sizes) };
  const flags = random.weighted<string | number>([
    [0, 10],
    ['MSG_DONTWAIT', 5],
    ['MSG_MORE', 3],
    ['MSG_OOB', 0.4],
  ]);
  random.weighted<() => void>([
    [() => world.step('sendto', { fd, ...payload, flags, to: targetOf(world) }), 6],
    [() => world.step('sendmsg', { fd, ...payload, flags, to: targetOf(world) }), 3],
    [() => world.step('sendmsg', { fd, ...payload, flags }), 2],
    [() => world.step('writev', { fd, parts: ['a', '', world.text()] }), 2],
  ])();
};

export const receiveFromUdp: Action = (world) => {
  const item = world.random.shuffle(world.of('udp')).find(({ file }) => world.readable(file));
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  const flags = random.weighted<string>([
    ['MSG_DONTWAIT', 10],
    ['MSG_DONTWAIT|MSG_PEEK', 3],
    ['MSG_DONTWAIT|MSG_TRUNC', 3],
    ['MSG_DONTWAIT|MSG_ERRQUEUE', 3],
    ['MSG_DONTWAIT|MSG_WAITALL', 1],
  ]);
  const len = random.pick([0, 1, 3, 64, 256]);
  random.weighted<() => void>([
    [() => world.step('recvfrom', { fd, len, flags }), 5],
    [() => world.step('recvmsg', { fd, len, flags }), 5],
    [() => item.file.nonblock && world.step('readv', { fd, lens: [1, len] }), 2],
  ])();
};

export const disconnectUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  world.step('connect', { fd: `$${item.name}`, to: null });
  item.file.peer = null;
};

export const nameUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  world.step(world.random.pick(['getsockname', 'getpeername']), { fd: `$${item.name}` });
};

/** What only streams know. */
export const oddUdp: Action = (world) => {
  const item = someUdp(world);
  if (item === undefined) return;
  const fd = `$${item.name}`;
  if (world.random.chance(0.5)) world.step('listen', { fd, backlog: 5 });
  else world.step('accept4', { fd, flags: 0 });
};
