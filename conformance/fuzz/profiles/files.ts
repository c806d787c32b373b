/**
 * Files by their paths, devices, and an inotify instance in epoll sets. Of two instances that watch
 * one file, Linux tells first the one at the lower address: there is never a second.
 */
import { act, common, type Profile, type Weighted, watchSome } from '../actions.ts';
import {
  addSome,
  changeTree,
  notifier,
  openSome,
  readNotifier,
  removeSome,
  useFile,
} from '../file_actions.ts';
import { fdinfoSome } from '../unix_sockets.ts';
import { World } from '../world.ts';

const actions: Weighted = [
  ...common.map(([action, weight]) => [action, weight * 0.3] as const),
  [openSome, 9],
  [useFile, 10],
  [changeTree, 10],
  [addSome, 4],
  [removeSome, 1.5],
  [readNotifier, 8],
  [fdinfoSome, 1],
];

export const files: Profile = (random, name) => {
  const world = new World(random);
  world.epoll();
  if (random.chance(0.6)) world.step('mkdir', { path: 'd1' });
  if (random.chance(0.6)) openSome(world);
  watchSome(world, notifier(world), 0.9);
  act(world, actions, random.int(14, 36), 0.35);
  world.finish();
  return world.scenario(name, 2);
};
