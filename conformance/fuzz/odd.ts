/** Calls with arguments at and beyond the edges. */
import { type Action, anyItem } from './actions.ts';
import type { Args } from './document.ts';
import type { Item, World } from './world.ts';

export const badFds: readonly number[] = [-1, -1, 999, 999, 2000, 0, 1, 2, 1073741824, -2147483648];

/** 64 bits that a signed, a short or an inexact number would change. */
const oddData = [-1, '18446744073709551615', '9223372036854775808', 4294967296, 9007199254740991];
const oddMasks = [
  'EPOLLIN',
  'EPOLLIN|EPOLLET',
  'EPOLLIN|EPOLLEXCLUSIVE',
  'EPOLLEXCLUSIVE|EPOLLRDHUP',
  'EPOLLPRI|EPOLLEXCLUSIVE',
  'EPOLLIN|EPOLLOUT|EPOLLEXCLUSIVE|EPOLLET|EPOLLWAKEUP',
  'EPOLLIN|EPOLLEXCLUSIVE|EPOLLONESHOT',
  0,
  'EPOLLHUP|EPOLLERR|EPOLLEXCLUSIVE',
  'EPOLLIN|0x8000000',
  'EPOLLWAKEUP|EPOLLIN',
  4294967295,
  'EPOLLEXCLUSIVE',
  'EPOLLEXCLUSIVE|EPOLLET',
  'EPOLLRDNORM|EPOLLEXCLUSIVE',
  'EPOLLMSG|EPOLLEXCLUSIVE',
  '0x20',
  'EPOLLIN|0x1000',
];

const ops = [
  'EPOLL_CTL_ADD',
  'EPOLL_CTL_ADD',
  'EPOLL_CTL_MOD',
  'EPOLL_CTL_MOD',
  'EPOLL_CTL_DEL',
  4,
  0,
  -1,
  99,
];

export const nonblocking = (world: World): Item[] =>
  world.items.filter(({ file }) => file.nonblock);

/** A descriptor, good or bad, of whatever kind. */
export function oddFd(world: World, bad = 0.3): number | string {
  return world.random.chance(bad) ? world.random.pick(badFds) : `$${anyItem(world).name}`;
}

export const oddCtl: Action = (world) => {
  const { random } = world;
  const epfd = random.chance(0.75)
    ? `$${world.random.pick(world.of('ep')).name}`
    : oddFd(world, 0.6);
  const head: Args = { epfd, op: random.pick(ops), fd: oddFd(world, 0.25) };
  if (random.chance(0.12)) world.step('epoll_ctl', { ...head, event: null });
  else {
    const data = random.chance(0.8) ? world.data() : random.pick(oddData);
    world.step('epoll_ctl', { ...head, events: random.pick(oddMasks), data });
  }
};

export const oddWait: Action = (world) => {
  const { random } = world;
  const epfd = random.chance(0.8) ? `$${random.pick(world.of('ep')).name}` : oddFd(world, 0.7);
  const maxevents = random.pick([
    8, 8, 8, 1, 2, 64, 0, 0, -1, -1, -2147483648, 2147483647, 178956970, 178956971,
  ]);
  const buffer: Args = random.chance(0.3) ? { buffer: 'bad' } : {};
  const sigmask: Args = random.chance(0.6)
    ? { sigmask: random.pick<Args[string]>([null, [], ['SIGUSR1'], ['SIGUSR2']]) }
    : {};
  const head = { epfd, maxevents };
  random.weighted<() => void>([
    [() => world.step('epoll_wait', { ...head, timeout: 0, ...buffer }), 6],
    [() => world.step('epoll_pwait', { ...head, timeout: 0, ...sigmask, ...buffer }), 2],
    [
      () => {
        const timeout_ns = random.pick([0, 0, 0, -1, -5000000000]);
        world.step('epoll_pwait2', { ...head, timeout_ns, ...sigmask, ...buffer });
      },
      2,
    ],
  ])();
};
