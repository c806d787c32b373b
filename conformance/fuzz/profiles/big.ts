import {
  act,
  anyItem,
  closeSome,
  messages,
  type Profile,
  shutSome,
  someTraffic,
  type Weighted,
  watchAgain,
} from '../actions.ts';
import { type Item, World } from '../world.ts';

const pipeSizes = [
  1, 100, 4095, 4096, 4097, 8192, 10000, 20000, 61440, 65535, 65536, 65537, 69632, 70000, 131072,
];

const socketSizes = [
  1, 1000, 4096, 20000, 50000, 65536, 100000, 150000, 180000, 212992, 213000, 300000, 1048576,
];

const readSizes = [
  1, 100, 1000, 4095, 4096, 4097, 8192, 10000, 20000, 50000, 65536, 100000, 150000, 212992, 1048576,
];

/** More than fits: full pipes and sockets, partial writes, when room is reported, blocked writers. */
export const big: Profile = (random, name) => {
  const world = new World(random, random.chance(0.5) ? ['main', 't1'] : ['main']);
  const ep = world.epoll();
  const blocking = world.threads.length > 1;
  const items: Item[] = [];
  for (let i = random.int(1, 2); i > 0; i--) {
    items.push(
      ...random.weighted<() => Item[]>([
        [() => world.pipe(blocking ? 0.7 : 0), 5],
        [() => world.pair('SOCK_STREAM', blocking ? 0.7 : 0), 5],
        [() => messages(world), 2],
      ])(),
    );
  }
  const mask = (item: Item): string | number =>
    item.file.kind === 'pipeR'
      ? random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET'])
      : random.pick([
          'EPOLLOUT',
          'EPOLLOUT|EPOLLET',
          'EPOLLIN|EPOLLOUT|EPOLLET',
          'EPOLLOUT|EPOLLONESHOT',
          'EPOLLIN|EPOLLET',
        ]);
  for (const item of items) if (random.chance(0.85)) world.watch(ep, item, 'main', mask(item));
  const write = (item: Item, thread: string): void => {
    const fd = `$${item.name}`;
    const { kind, nonblock } = item.file;
    const bytes = random.pick(kind === 'pipeW' ? pipeSizes : socketSizes);
    if (thread === 'main' && !nonblock) {
      if (kind === 'pipeW') return;
      world.step('send', { fd, bytes, flags: 'MSG_DONTWAIT' });
    } else if (kind !== 'pipeW' && random.chance(0.3)) {
      world.step(
        'send',
        { fd, bytes: thread === 'main' ? bytes : random.pick([bytes, 1000000, 4000000]), flags: 0 },
        undefined,
        thread,
      );
    } else world.step('write', { fd, bytes }, undefined, thread);
    if (item.file.peer !== null) item.file.peer.queued += bytes;
  };
  const read = (item: Item): void => {
    const fd = `$${item.name}`;
    const len = random.pick(readSizes);
    const socket = item.file.kind !== 'pipeR';
    if (socket && random.chance(0.25)) {
      world.step('recv', {
        fd,
        len,
        flags: random.pick(['MSG_DONTWAIT', 'MSG_PEEK|MSG_DONTWAIT', 'MSG_WAITALL|MSG_DONTWAIT']),
      });
    } else if (item.file.nonblock || item.file.queued > 0) world.step('read', { fd, len });
    else return;
    item.file.queued = Math.max(0, item.file.queued - len);
  };
  const writers = (): Item[] =>
    world.items.filter(({ file }) => ['pipeW', 'stream', 'message'].includes(file.kind));
  const readers = (): Item[] =>
    world.items.filter(({ file }) => ['pipeR', 'stream', 'message'].includes(file.kind));
  const asleep = { since: -10 };
  const actions: Weighted = [
    [
      (w) => {
        const list = writers();
        if (list.length > 0) write(w.random.pick(list), 'main');
      },
      12,
    ],
    [
      () => {
        const list = readers();
        if (list.length > 0) read(random.pick(list));
      },
      12,
    ],
    [
      (w) => {
        const list = writers().filter(({ file }) => !file.nonblock);
        if (!blocking || list.length === 0 || w.steps.length - asleep.since < 5) return;
        asleep.since = w.steps.length;
        write(w.random.pick(list), 't1');
      },
      blocking ? 14 : 0,
    ],
    [(w) => w.poll(0), 2],
    [(w) => w.select(0), 1],
    [
      (w) => {
        const item = anyItem(w);
        if (item.file.kind !== 'ep') w.step('ioctl', { fd: `$${item.name}`, request: 'FIONREAD' });
      },
      2,
    ],
    [(w) => w.modify(), 1.5],
    [watchAgain, 1],
    [shutSome, 0.5],
    [closeSome, 0.7],
    [someTraffic, 3],
    [(w) => blocking && w.step('tgkill', { thread: 't1', signal: 'SIGUSR1' }), blocking ? 0.5 : 0],
  ];
  act(world, actions, random.int(14, 30), 0.75);
  world.finish();
  return world.scenario(name);
};
