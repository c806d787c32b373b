/** Epolls that watch each other. */
import {
  type Action,
  act,
  closeSome,
  duplicateSome,
  type Profile,
  pollable,
  pollSome,
  selectSome,
  someTraffic,
  source,
  type Weighted,
  wait,
} from '../actions.ts';
import { World } from '../world.ts';

export const nested: Profile = (random, name) => {
  const world = new World(random);
  for (let i = random.int(2, 6); i > 0; i--) world.epoll();
  for (let i = random.int(1, 2); i > 0; i--) source(world, 0.05);
  const link: Action = (w) => {
    const [outer, inner] = w.random.shuffle(w.of('ep'));
    if (outer !== undefined && inner !== undefined)
      w.watch(outer, w.random.chance(0.03) ? outer : inner);
  };
  const feed: Action = (w) => {
    const items = pollable(w);
    if (items.length > 0) w.watch(w.random.pick(w.of('ep')), w.random.pick(items));
  };
  for (let i = random.int(2, 6); i > 0; i--) link(world);
  for (let i = random.int(1, 3); i > 0; i--) feed(world);
  const actions: Weighted = [
    [link, 8],
    [feed, 5],
    [someTraffic, 22],
    [wait, 12],
    [(w) => w.wait(w.random.pick(w.of('ep'))), 14],
    [(w) => w.modify(), 6],
    [(w) => w.unwatch(), 4],
    [pollSome, 7],
    [selectSome, 1],
    [closeSome, 3],
    [duplicateSome, 1.5],
    [(w) => void w.epoll(), 3],
  ];
  act(world, actions, random.int(20, 40));
  world.finish();
  return world.scenario(name);
};
