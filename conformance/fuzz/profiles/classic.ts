import {
  act,
  anyItem,
  closeSome,
  type Profile,
  pollSome,
  shutSome,
  someTraffic,
  type Weighted,
  watchAgain,
} from '../actions.ts';
import { type Item, World } from '../world.ts';

/** Small scenes around one source: every order of a few writes, reads, changes and waits. */
export const classic: Profile = (random, name) => {
  const world = new World(random);
  const ep = world.epoll();
  const items = random.weighted<() => Item[]>([
    [() => world.pipe(0), 3],
    [() => world.event(0), 3],
    [() => world.pair('SOCK_STREAM', 0), 3],
    [() => world.pair('SOCK_SEQPACKET', 0), 1],
    [() => world.pair('SOCK_DGRAM', 0), 1],
  ])();
  for (const item of items) world.watch(ep, item);
  const actions: Weighted = [
    [someTraffic, 10],
    [(w) => w.modify(), 3],
    [(w) => w.unwatch(), 1],
    [watchAgain, 1],
    [shutSome, 1],
    [closeSome, 1],
    [(w) => w.duplicate(anyItem(w)), 1],
    [pollSome, 1],
  ];
  act(world, actions, random.int(8, 18), 1);
  world.finish();
  return world.scenario(name);
};
