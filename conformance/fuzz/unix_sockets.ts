/** Actions on AF_UNIX sockets with names, on messages that carry descriptors, and on signals. */
import { type Action, anyItem } from './actions.ts';
import type { Arg } from './document.ts';
import type { Item, World } from './world.ts';

const paths = ['s1', 's2', '@a1', '@a2'] as const;
const types = ['SOCK_STREAM', 'SOCK_DGRAM', 'SOCK_SEQPACKET'] as const;

const someUnix = (world: World): Item | undefined => world.random.shuffle(world.of('unix'))[0];

const somePath = (world: World): string => world.random.pick(paths);

/** A name, or a socket that may have one. */
function target(world: World): Arg {
  const to = someUnix(world);
  if (to !== undefined && world.random.chance(0.6)) return `$${to.name}`;
  if (world.random.chance(0.08)) return null;
  return { path: world.random.chance(0.9) ? somePath(world) : 'nobody' };
}

/** A socket, often with a name, and sometimes listening. */
export function unixSocket(world: World, blocking = 0.1): Item {
  const { random } = world;
  const name = world.name('x');
  const nonblock = !random.chance(blocking);
  const type = random.pick(types);
  world.step('socket', { domain: 'AF_UNIX', type: nonblock ? `${type}|SOCK_NONBLOCK` : type }, [
    name,
  ]);
  const item = world.add(name, 'unix', nonblock);
  if (random.chance(0.6)) world.step('bind', { fd: `$${name}`, path: somePath(world) });
  if (random.chance(0.5)) listen(world, item);
  return item;
}

function listen(world: World, item: Item): void {
  world.step('listen', { fd: `$${item.name}`, backlog: world.random.pick([0, 1, 2, 8, -1]) });
}

export const listenUnix: Action = (world) => {
  const item = someUnix(world);
  if (item !== undefined) listen(world, item);
};

export const bindUnix: Action = (world) => {
  const item = someUnix(world);
  if (item !== undefined) world.step('bind', { fd: `$${item.name}`, path: somePath(world) });
};

export const unlinkUnix: Action = (world) =>
  world.step('unlink', { path: world.random.pick(['s1', 's2', 'nobody']) });

export const connectUnix: Action = (world) => {
  const item = world.random.chance(0.5) ? unixSocket(world, 0) : someUnix(world);
  if (item?.file.nonblock !== true) return;
  world.step('connect', { fd: `$${item.name}`, to: target(world) });
};

export const acceptUnix: Action = (world) => {
  const item = someUnix(world);
  if (item?.file.nonblock !== true) return;
  const name = world.name('y');
  world.step('accept4', { fd: `$${item.name}`, flags: 'SOCK_NONBLOCK' }, [name]);
  world.add(name, 'unix', true);
};

const speakers = (world: World): Item[] => world.of('unix', 'stream', 'message');

export const sendToUnix: Action = (world) => {
  const item = someUnix(world);
  if (item === undefined) return;
  const { random } = world;
  const payload = random.chance(0.85) ? { data: world.text() } : { bytes: random.pick([0, 70000]) };
  const flags = random.chance(0.8) ? 'MSG_DONTWAIT' : 'MSG_DONTWAIT|MSG_OOB';
  world.step('sendto', { fd: `$${item.name}`, ...payload, flags, to: target(world) });
};

/** As many as a receiver's queue holds, and some more. */
export const floodUnix: Action = (world) => {
  const item = someUnix(world);
  if (item === undefined) return;
  const to = target(world);
  for (let i = world.random.int(10, 13); i > 0; i--) {
    world.step('sendto', { fd: `$${item.name}`, data: 'x', flags: 'MSG_DONTWAIT', to });
  }
};

export const sendMessageUnix: Action = (world) => {
  const { random } = world;
  const items = speakers(world);
  if (items.length === 0) return;
  const fd = `$${random.pick(items).name}`;
  const count = random.weighted([
    [0, 4],
    [1, 6],
    [2, 4],
    [3, 1],
  ]);
  const fds = Array.from({ length: count }, () =>
    random.chance(0.95) ? `$${anyItem(world).name}` : random.pick([-1, 999]),
  );
  const to = random.chance(0.3) ? { to: target(world) } : {};
  const data = random.chance(0.9) ? world.text() : '';
  world.step('sendmsg', { fd, data, flags: 'MSG_DONTWAIT', ...to, fds });
};

const receiveFlags = [
  ['MSG_DONTWAIT', 12],
  ['MSG_DONTWAIT|MSG_PEEK', 3],
  ['MSG_DONTWAIT|MSG_TRUNC', 2],
  ['MSG_DONTWAIT|MSG_CMSG_CLOEXEC', 2],
  ['MSG_DONTWAIT|MSG_WAITALL', 1],
  ['MSG_DONTWAIT|MSG_OOB', 1],
] as const;

export const receiveMessageUnix: Action = (world) => {
  const { random } = world;
  const items = speakers(world);
  if (items.length === 0) return;
  const item = random.pick(items);
  const room = random.weighted([
    [0, 3],
    [1, 4],
    [2, 5],
    [4, 2],
  ]);
  const names = Array.from({ length: room }, () => world.name('r'));
  const args = {
    fd: `$${item.name}`,
    len: random.pick([1, 2, 3, 64, 256]),
    flags: random.weighted(receiveFlags),
    fds: room,
  };
  world.step('recvmsg', args, room === 0 ? undefined : names);
  // Whether some come is not known; the first name is tried now and then.
  const [first] = names;
  if (first !== undefined && random.chance(0.6)) world.add(first, 'unix', true);
};

export const receiveFromUnix: Action = (world) => {
  const items = speakers(world);
  if (items.length === 0) return;
  world.step('recvfrom', {
    fd: `$${world.random.pick(items).name}`,
    len: world.random.pick([1, 2, 64]),
    flags: world.random.weighted(receiveFlags),
  });
};

export const piecesUnix: Action = (world) => {
  const item = world.random.shuffle(world.of('unix', 'stream', 'pipeR', 'pipeW'))[0];
  if (item?.file.nonblock !== true) return;
  const fd = `$${item.name}`;
  if (world.random.chance(0.5)) world.step('writev', { fd, parts: [world.text(), '', 'yz'] });
  else world.step('readv', { fd, lens: [1, 0, world.random.int(1, 9)] });
};

export const optionUnix: Action = (world) => {
  const items = speakers(world);
  if (items.length === 0) return;
  const { random } = world;
  const fd = `$${random.pick(items).name}`;
  const level = 'SOL_SOCKET';
  const name = random.pick(['SO_PEEK_OFF', 'SO_RCVLOWAT', 'SO_TYPE', 'SO_ACCEPTCONN', 'SO_ERROR']);
  const reads = random.chance(0.4) || !['SO_PEEK_OFF', 'SO_RCVLOWAT'].includes(name);
  if (reads) world.step('getsockopt', { fd, level, name });
  else world.step('setsockopt', { fd, level, name, value: random.pick([-1, 0, 1, 2, 5]) });
};

export const nameUnix: Action = (world) => {
  const items = speakers(world);
  if (items.length === 0) return;
  const call = world.random.pick(['getsockname', 'getpeername']);
  world.step(call, { fd: `$${world.random.pick(items).name}` });
};

export const fdinfoSome: Action = (world) => {
  const items = world.of('ep', 'signals');
  if (items.length > 0) world.step('fdinfo', { fd: `$${world.random.pick(items).name}` });
};

const signals = ['SIGUSR1', 'SIGUSR2', 'SIGTERM'] as const;
/** Without a handler it would end the process, so it stays blocked. */
const always = 'SIGTERM';

const someSignals = (world: World): string[] =>
  signals.filter((name) => name === always || world.random.chance(0.5));

export function blockSignals(world: World): void {
  for (const thread of world.threads) {
    world.step('sigprocmask', { how: 'SIG_SETMASK', set: someSignals(world) }, undefined, thread);
  }
}

export const maskSome: Action = (world) => {
  const thread = world.random.pick(world.threads);
  world.step('sigprocmask', { how: 'SIG_SETMASK', set: someSignals(world) }, undefined, thread);
};

export const signalSome: Action = (world) => {
  const { random } = world;
  const thread = random.pick(world.threads);
  if (random.chance(0.5)) world.step('kill', { thread, signal: random.pick(signals) });
  else world.step('tgkill', { thread, signal: random.pick(['SIGUSR1', 'SIGUSR2']) });
};

export const actionSome: Action = (world) => {
  const { random } = world;
  const signal = random.pick(['SIGUSR1', 'SIGUSR2']);
  const handler = random.pick(['SIG_IGN', 'caught', 'caught']);
  world.step('sigaction', { signal, handler, flags: random.pick([0, 'SA_RESTART']) });
};

/** A signalfd that watches some of the signals. */
export function signalsFd(world: World): Item[] {
  const name = world.name('sf');
  world.step('signalfd4', { mask: someSignals(world), flags: 'SFD_NONBLOCK' }, [name]);
  return [world.add(name, 'signals', true)];
}

export const readSignals: Action = (world) => {
  const item = world.random.shuffle(world.of('signals'))[0];
  if (item === undefined) return;
  const len = world.random.pick([128, 256, 512, 127]);
  world.step('read', { fd: `$${item.name}`, len }, undefined, world.random.pick(world.threads));
};
