/** Some of everything. */
import {
  type Action,
  act,
  common,
  messages,
  type Profile,
  source,
  threadNames,
  type Weighted,
  watchSome,
} from '../actions.ts';
import { acceptMore, connection, refused, reset, socketOption, urgent } from '../connections.ts';
import { oddCtl, oddWait } from '../odd.ts';
import { blockingCall, Sleepers, signal } from '../sleepers.ts';
import { World } from '../world.ts';

export const mixed: Profile = (random, name) => {
  const world = new World(
    random,
    threadNames.slice(
      0,
      random.weighted([
        [1, 2],
        [2, 5],
        [3, 4],
      ]),
    ),
  );
  const sleepers = new Sleepers(world);
  for (let i = random.int(1, 2); i > 0; i--) world.epoll();
  if (random.chance(0.4)) {
    const listener = world.listener(0.25);
    if (random.chance(0.5)) world.watch(world.anyEpoll(), listener);
    connection(world, 0.3);
  }
  watchSome(world, source(world, 0.05), 0.8);
  const link: Action = (w) => {
    const [outer, inner] = w.random.shuffle(w.of('ep'));
    if (outer !== undefined && inner !== undefined) w.watch(outer, inner);
  };
  const actions: Weighted = [
    ...common,
    [(w) => blockingCall(w, sleepers), world.threads.length > 1 ? 6 : 0],
    [(w) => signal(w, sleepers), 2],
    [oddCtl, 3],
    [oddWait, 1],
    [link, 2],
    [(w) => void w.epoll(), 1],
    [(w) => connection(w, 0.3), 2],
    [acceptMore, 1],
    [refused, 0.5],
    [urgent, 2],
    [reset, 1],
    [socketOption, 2],
    [(w) => watchSome(w, messages(w)), 1],
  ];
  act(world, actions, random.int(20, 42), 0.5);
  world.finish();
  return world.scenario(name);
};
