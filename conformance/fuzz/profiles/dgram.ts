/** Datagram and seqpacket pairs, and queues that fill. */
import {
  type Action,
  act,
  closeSome,
  duplicateSome,
  fcntlSome,
  ioctlSome,
  messages,
  type Profile,
  pollSome,
  selectSome,
  shutSome,
  someTraffic,
  type Weighted,
  wait,
  watchAgain,
  watchSome,
} from '../actions.ts';
import { World } from '../world.ts';

export const dgram: Profile = (random, name) => {
  const world = new World(random);
  world.epoll();
  watchSome(world, messages(world), 0.9);
  if (random.chance(0.4)) watchSome(world, messages(world), 0.7);
  const flood: Action = (w) => {
    const [item] = w.random.shuffle(w.of('message'));
    if (item === undefined) return;
    for (let i = w.random.int(9, 13); i > 0; i--) w.write(item);
  };
  const actions: Weighted = [
    [someTraffic, 34],
    [wait, 14],
    [(w) => w.modify(), 6],
    [(w) => w.unwatch(), 2],
    [watchAgain, 5],
    [closeSome, 4],
    [shutSome, 4],
    [duplicateSome, 3],
    [fcntlSome, 2],
    [ioctlSome, 1],
    [pollSome, 5],
    [selectSome, 1],
    [flood, 0.7],
    [(w) => watchSome(w, messages(w)), 1.5],
  ];
  act(world, actions, random.int(14, 32));
  world.finish();
  return world.scenario(name);
};
