import {
  type Action,
  act,
  closeSome,
  duplicateSome,
  type Profile,
  pollable,
  pollSome,
  shutSome,
  someTraffic,
  source,
  threadNames,
  type Weighted,
  wait,
  watchAgain,
  watchSome,
} from '../actions.ts';
import { connection } from '../connections.ts';
import { blockingCall, Sleepers, signal } from '../sleepers.ts';
import { World } from '../world.ts';

/** Threads that share one epoll, or have one each; written to, signalled, closed under their feet. */
export const threads: Profile = (random, name) => {
  const world = new World(
    random,
    threadNames.slice(
      0,
      random.weighted([
        [2, 2],
        [3, 5],
        [4, 3],
      ]),
    ),
  );
  const sleepers = new Sleepers(world);
  for (
    let i = random.weighted([
      [1, 6],
      [2, 2],
      [3, 2],
    ]);
    i > 0;
    i--
  )
    world.epoll();
  const shape = random.weighted([
    ['shared', 6],
    ['exclusive', 2],
    ['nested', 2],
    ['tcp', 1.5],
    ['herd', 1],
  ]);
  if (shape === 'tcp') {
    const listener = world.listener(0.5);
    world.watch(world.anyEpoll(), listener);
    if (random.chance(0.5)) connection(world, 0.5);
  } else {
    for (let i = random.int(1, 3); i > 0; i--)
      watchSome(world, source(world, 0.4), shape === 'shared' ? 0.8 : 0.3);
  }
  if (shape === 'exclusive' || shape === 'herd') {
    const [item] = random.shuffle(pollable(world));
    while (world.of('ep').length < 3) world.epoll();
    for (const ep of world.of('ep')) {
      const base = random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET']);
      if (item !== undefined)
        world.watch(ep, item, 'main', shape === 'herd' ? base : `${base}|EPOLLEXCLUSIVE`);
    }
  }
  if (shape === 'nested') {
    const inner = world.anyEpoll();
    const outer = world.epoll();
    world.watch(outer, inner);
    if (random.chance(0.5)) world.watch(world.epoll(), random.chance(0.5) ? outer : inner);
  }
  const write: Action = (w) => {
    const items = w.items.filter(({ file }) =>
      ['pipeW', 'event', 'stream', 'message', 'tcp'].includes(file.kind),
    );
    if (items.length === 0) return;
    w.write(w.random.pick(items));
    sleepers.wakeOne();
  };
  const elsewhere: Action = (w) => {
    const thread = sleepers.idle();
    if (thread === undefined) return;
    const items = pollable(w).filter(({ file }) => w.readable(file));
    w.random.weighted<() => void>([
      [() => items.length > 0 && w.traffic(w.random.pick(items), thread), 3],
      [() => w.modify(thread), 2],
      [() => w.wait(w.anyEpoll(), undefined, thread), 2],
    ])();
  };
  const actions: Weighted = [
    [(w) => blockingCall(w, sleepers), 26],
    [write, 24],
    [someTraffic, 10],
    [
      (w) => {
        w.modify();
        sleepers.wakeOne();
      },
      12,
    ],
    [watchAgain, 3],
    [(w) => w.unwatch(), 1],
    [(w) => signal(w, sleepers), 5],
    [wait, 6],
    [elsewhere, 6],
    [pollSome, 1.5],
    [closeSome, 2],
    [shutSome, 1],
    [duplicateSome, 1],
    [(w) => shape === 'tcp' && connection(w, 0.3), shape === 'tcp' ? 6 : 0],
    [(w) => watchSome(w, source(w, 0.4)), 1],
  ];
  for (let i = random.int(1, 2); i > 0; i--) blockingCall(world, sleepers);
  act(world, actions, random.int(16, 34), 0.08);
  return world.scenario(name);
};
