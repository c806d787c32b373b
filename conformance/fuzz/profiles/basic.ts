/** Pipes, eventfds and stream pairs under one or two epolls. */
import { act, common, type Profile, source, watchSome } from '../actions.ts';
import { World } from '../world.ts';

export const basic: Profile = (random, name) => {
  const world = new World(random);
  for (let i = random.int(1, 2); i > 0; i--) world.epoll();
  for (let i = random.int(1, 3); i > 0; i--) watchSome(world, source(world), 0.75);
  act(world, common, random.int(14, 36));
  world.finish();
  return world.scenario(name);
};
