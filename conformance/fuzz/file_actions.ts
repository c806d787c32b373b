/** Actions on files by their paths, and on inotify instances that watch them. */
import { type Action, anyItem } from './actions.ts';
import type { Item, World } from './world.ts';

const names = ['f1', 'f2', 'd1', 'd2'] as const;

const somePath = (world: World): string => {
  const { random } = world;
  return random.chance(0.6) ? random.pick(names) : `${random.pick(['d1', 'd2'])}/f1`;
};

const devices = ['null', 'zero', 'full', 'random', 'urandom'] as const;

export const openSome: Action = (world) => {
  const { random } = world;
  const name = world.name('f');
  const isDevice = random.chance(0.2);
  const path = isDevice
    ? `/dev/${random.pick(devices)}`
    : random.chance(0.1)
      ? '.'
      : somePath(world);
  const access = random.pick(['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_RDWR']);
  const more = isDevice
    ? ['O_NONBLOCK']
    : random
        .shuffle(['O_CREAT', 'O_CREAT', 'O_CREAT', 'O_TRUNC', 'O_APPEND', 'O_EXCL', 'O_DIRECTORY'])
        .slice(0, random.int(0, 3));
  world.step('open', { path, flags: [access, ...new Set(more)].join('|') }, [name]);
  world.add(name, 'file', true);
};

const someFile = (world: World): Item | undefined => world.random.shuffle(world.of('file'))[0];

export const useFile: Action = (world) => {
  const item = someFile(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  if (random.chance(0.4)) world.step('write', { fd, data: world.text() });
  else if (random.chance(0.5)) world.step('read', { fd, len: random.pick([0, 1, 3, 64]) });
  else {
    const whence = random.pick(['SEEK_SET', 'SEEK_CUR', 'SEEK_END']);
    world.step('lseek', { fd, offset: random.pick([0, 0, 1, 5, -1]), whence });
  }
};

export const changeTree: Action = (world) => {
  const { random } = world;
  const call = random.weighted([
    ['mkdir', 5],
    ['rmdir', 3],
    ['unlink', 4],
    ['rename', 5],
    ['link', 2],
  ]);
  if (call === 'rename' || call === 'link') {
    world.step(call, { from: somePath(world), to: somePath(world) });
  } else {
    const path = call === 'unlink' ? somePath(world) : random.pick(['d1', 'd2', 'd1/f1', 'f1']);
    world.step(call, { path });
  }
};

export function notifier(world: World): Item[] {
  const name = world.name('in');
  world.step('inotify_init1', { flags: 'IN_NONBLOCK' }, [name]);
  const item = world.add(name, 'notify', true);
  addWatch(world, item);
  return [item];
}

const masks = [
  ['IN_ALL_EVENTS', 6],
  ['IN_MODIFY|IN_CLOSE', 2],
  ['IN_CREATE|IN_DELETE|IN_MOVE', 3],
  ['IN_OPEN|IN_ACCESS', 2],
  ['IN_ALL_EVENTS|IN_ONESHOT', 1],
  ['IN_DELETE_SELF|IN_MOVE_SELF|IN_ATTRIB', 2],
  ['IN_ALL_EVENTS|IN_EXCL_UNLINK', 1],
  ['IN_MODIFY|IN_MASK_ADD', 1],
  ['IN_MODIFY|IN_MASK_CREATE', 1],
  ['IN_ALL_EVENTS|IN_ONLYDIR', 1],
  [0, 0.4],
] as const;

function addWatch(world: World, item: Item): void {
  const { random } = world;
  const path = random.chance(0.4) ? '.' : somePath(world);
  const mask = random.weighted<string | number>(masks);
  world.step('inotify_add_watch', { fd: `$${item.name}`, path, mask });
}

const someNotifier = (world: World): Item | undefined =>
  world.random.shuffle(world.of('notify'))[0];

export const addSome: Action = (world) => {
  const item = world.random.chance(0.95) ? someNotifier(world) : anyItem(world);
  if (item !== undefined) addWatch(world, item);
};

export const removeSome: Action = (world) => {
  const item = someNotifier(world);
  if (item === undefined) return;
  const wd = world.random.pick([1, 1, 2, 3, 0, -1]);
  world.step('inotify_rm_watch', { fd: `$${item.name}`, wd });
};

export const readNotifier: Action = (world) => {
  const item = someNotifier(world);
  if (item === undefined) return;
  const fd = `$${item.name}`;
  if (world.random.chance(0.2)) world.step('ioctl', { fd, request: 'FIONREAD' });
  else world.step('read', { fd, len: world.random.pick([4096, 4096, 64, 32, 16, 8]) });
};
