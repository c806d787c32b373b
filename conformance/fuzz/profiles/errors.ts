/** Bad arguments, two and more at a time. */
import {
  act,
  messages,
  type Profile,
  someTraffic,
  type Weighted,
  watchAgain,
  watchSome,
} from '../actions.ts';
import { connection, freshSocket } from '../connections.ts';
import { oddCtl, oddWait } from '../odd.ts';
import { oddCalls } from '../odd_calls.ts';
import { type Item, World } from '../world.ts';

export const errors: Profile = (random, name) => {
  const world = new World(random);
  world.epoll();
  if (random.chance(0.4)) world.epoll();
  const makers = random.shuffle<() => Item[]>([
    () => world.event(0.05),
    () => world.timer(),
    () => world.pipe(0),
    () => world.pair('SOCK_STREAM', 0),
    () => [world.listener(0)],
    () => messages(world),
  ]);
  for (const make of makers.slice(0, random.int(2, 4))) watchSome(world, make(), 0.4);
  if (random.chance(0.4) && world.of('listen').length > 0) connection(world, 0);
  if (random.chance(0.3)) freshSocket(world);
  const actions: Weighted = [
    [oddCtl, 34],
    [oddWait, 14],
    [(w) => w.random.weighted(oddCalls)(w), 34],
    [someTraffic, 4],
    [watchAgain, 4],
    [(w) => w.modify(), 2],
  ];
  act(world, actions, random.int(22, 42), 0.12);
  world.finish();
  return world.scenario(name);
};
