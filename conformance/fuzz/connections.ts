/** Actions on TCP connections. */
import type { Action } from './actions.ts';
import type { Item, World } from './world.ts';

export const listenerOf = (world: World): Item | undefined =>
  world.random.shuffle(world.of('listen'))[0];

/** A connection, watched here and there while it is made. */
export function connection(world: World, blocking: number): void {
  const { random } = world;
  const listener = listenerOf(world);
  if (listener === undefined) return;
  const ep = (): Item => world.anyEpoll();
  const client = world.client(listener, blocking, (item) => {
    if (random.chance(0.3)) world.watch(ep(), item);
    if (random.chance(0.15)) world.wait(ep());
  });
  if (random.chance(0.5)) world.watch(ep(), client);
  if (random.chance(0.4)) world.wait(ep());
  if (random.chance(0.2))
    world.step('getsockopt', { fd: `$${client.name}`, level: 'SOL_SOCKET', name: 'SO_ERROR' });
  if (random.chance(0.1)) world.step('connect', { fd: `$${client.name}`, to: `$${listener.name}` });
  if (random.chance(0.8)) {
    const accepted = world.accept(listener, client);
    if (random.chance(0.75)) world.watch(ep(), accepted);
  }
}

export const acceptMore: Action = (world) => {
  const listener = listenerOf(world);
  if (listener === undefined || (!listener.file.nonblock && listener.file.queued <= 0)) return;
  world.accept(listener, undefined);
};

export const refused: Action = (world) => {
  const { random } = world;
  const bound = world.name('n');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, [bound]);
  world.add(bound, 'fresh', false);
  if (random.chance(0.8)) world.step('bind', { fd: `$${bound}`, port: 0 });
  const name = world.name('c');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const client = world.add(name, 'tcp', true, { ended: true });
  if (random.chance(0.5)) world.watch(world.anyEpoll(), client);
  const to = random.chance(0.85) ? `$${bound}` : { port: 9 };
  world.step('connect', { fd: `$${name}`, to });
  if (random.chance(0.6)) world.watch(world.anyEpoll(), client);
  if (random.chance(0.5)) world.wait(world.anyEpoll());
  if (random.chance(0.5))
    world.step('getsockopt', { fd: `$${name}`, level: 'SOL_SOCKET', name: 'SO_ERROR' });
};

export const urgent: Action = (world) => {
  const { random } = world;
  const sockets = world.of('tcp');
  if (sockets.length === 0) return;
  const item = random.pick(sockets);
  const fd = `$${item.name}`;
  if (random.chance(0.55)) {
    world.step('send', { fd, data: random.pick(['u', '!', 'abc!']), flags: 'MSG_OOB' });
  } else {
    const flags = random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_OOB|MSG_PEEK|MSG_DONTWAIT', 'MSG_OOB']);
    world.step('recv', { fd, len: random.pick([8, 8, 1, 0]), flags });
  }
};

export const reset: Action = (world) => {
  const [item] = world.random.shuffle(world.of('tcp'));
  if (item === undefined) return;
  world.step('setsockopt', {
    fd: `$${item.name}`,
    level: 'SOL_SOCKET',
    name: 'SO_LINGER',
    value: 0,
  });
  if (world.random.chance(0.8)) world.close(item);
};

export const socketOption: Action = (world) => {
  const sockets = world.of('tcp', 'listen', 'fresh');
  if (sockets.length > 0) world.option(world.random.pick(sockets));
};

export const freshSocket: Action = (world) => {
  const name = world.name('n');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const item = world.add(name, 'fresh', true);
  if (world.random.chance(0.8)) world.watch(world.anyEpoll(), item);
};

export const stopListening: Action = (world) => {
  const listener = listenerOf(world);
  if (listener === undefined) return;
  if (world.random.chance(0.6)) world.close(listener);
  else world.shutdown(listener);
};
