import { type Profile, pollable, source, threadNames } from '../actions.ts';
import { World } from '../world.ts';

/** A scan that is held open in the copy of its first event, and what happens meanwhile. */
export const held: Profile = (random, name) => {
  const world = new World(
    random,
    threadNames.slice(
      0,
      random.weighted([
        [2, 4],
        [3, 5],
        [4, 1],
      ]),
    ),
  );
  const ep = world.epoll();
  const outer = random.chance(0.3) ? world.epoll() : undefined;
  for (let i = random.int(1, 4); i > 0; i--) {
    for (const item of source(world, 0)) if (random.chance(0.8)) world.watch(ep, item);
  }
  if (outer !== undefined) world.watch(outer, ep);
  const rounds = random.int(1, 3);
  const touch = (thread = 'main'): void => {
    const items = pollable(world);
    if (items.length > 0) world.traffic(random.pick(items), thread);
  };
  for (let round = 0; round < rounds; round++) {
    for (let i = random.int(1, 4); i > 0; i--) touch();
    if (random.chance(0.3)) world.modify();
    if (random.chance(0.2)) world.wait(ep);
    const target = outer !== undefined && random.chance(0.3) ? outer : ep;
    world.waitFor(target, random.chance(0.6) ? -1 : 0, 't1', undefined, { buffer: 'held' });
    for (let i = random.int(1, 5); i > 0; i--) touch();
    let other = false;
    if (world.threads.length > 2 && random.chance(0.8)) {
      other = true;
      const watched = world.watched.filter((one) => one.ep === ep.name);
      random.weighted<() => void>([
        [() => world.waitFor(ep, random.chance(0.7) ? 0 : -1, 't2'), 5],
        [() => world.modify('t2'), 3],
        [() => world.unwatch('t2'), 2],
        [
          () => {
            const items = pollable(world);
            if (items.length > 0) world.watch(ep, random.pick(items), 't2');
          },
          2,
        ],
        [
          () => {
            const one = watched.length > 0 ? world.find(random.pick(watched).fd) : undefined;
            if (one !== undefined && one.file.kind !== 'ep') world.close(one, 't2');
          },
          2,
        ],
        [() => world.poll(0, 't2'), 1],
        [() => outer !== undefined && world.wait(outer, undefined, 't2'), 2],
      ])();
    }
    if (world.threads.length > 3 && random.chance(0.5))
      world.waitFor(ep, random.chance(0.5) ? 0 : -1, 't3');
    for (let i = random.int(0, 3); i > 0; i--) touch();
    world.step('release', { thread: 't1' });
    world.wait(ep);
    if (random.chance(0.5)) world.wait(ep);
    if (other && random.chance(0.5)) touch();
    if (outer !== undefined && random.chance(0.5)) world.wait(outer);
  }
  world.finish();
  return world.scenario(name);
};
