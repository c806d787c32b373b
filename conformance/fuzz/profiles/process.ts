/** Processes that share open files, and what becomes of epoll instances when they come and go. */
import { type Action, act, common, type Profile, type Weighted, watchSome } from '../actions.ts';
import { children, Family } from '../process_actions.ts';
import { maskSome, readSignals, signalsFd } from '../unix_sockets.ts';
import { World } from '../world.ts';

export const process: Profile = (random, name) => {
  const threads = random.chance(0.3) ? ['main', 't1'] : ['main'];
  const family = new Family(threads);
  const world = new World(random, threads);
  world.epoll();
  const of = (action: (family: Family, world: World) => void): Action => {
    return (w) => action(family, w);
  };
  const blockedWait: Action = (w) => w.waitFor(w.anyEpoll(), -1, random.pick(family.live));
  const actions: Weighted = [
    ...common.map(([action, weight]) => [family.elsewhere(action), weight * 0.5] as const),
    [of((f, w) => f.fork(w)), 5],
    [of((f, w) => f.exit(w)), 2.5],
    [of((f, w) => f.wait(w)), 5],
    [of((f, w) => f.kill(w)), 4],
    [of((f, w) => f.pidfd(w)), 3],
    [of((f, w) => f.viaPidfd(w)), 3],
    [of((f, w) => f.execute(w)), 1.5],
    [blockedWait, 1.5],
    [family.elsewhere((w) => w.close(random.pick(w.items))), 1.5],
    [family.elsewhere((w) => watchSome(w, signalsFd(w), 0.9)), 0.7],
    [family.elsewhere(maskSome), 0.7],
    [family.elsewhere(readSignals), 1],
  ];
  act(world, actions, random.int(14, 34));
  world.finish();
  const { steps, ...rest } = world.scenario(name, 2);
  return { ...rest, threads: [...threads, ...children], steps };
};
