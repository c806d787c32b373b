/** AF_UNIX sockets with names, descriptors in flight, and signals that are read. */
import {
  type Action,
  act,
  closeSome,
  common,
  messages,
  type Profile,
  type Weighted,
  wait,
  watchAgain,
  watchSome,
} from '../actions.ts';
import {
  acceptUnix,
  actionSome,
  bindUnix,
  blockSignals,
  connectUnix,
  fdinfoSome,
  floodUnix,
  listenUnix,
  maskSome,
  nameUnix,
  optionUnix,
  piecesUnix,
  readSignals,
  receiveFromUnix,
  receiveMessageUnix,
  sendMessageUnix,
  sendToUnix,
  signalSome,
  signalsFd,
  unixSocket,
  unlinkUnix,
} from '../unix_sockets.ts';
import { World } from '../world.ts';

const sockets: Action = (world) => watchSome(world, [unixSocket(world)], 0.8);

const actions: Weighted = [
  ...common.map(([action, weight]) => [action, weight * 0.4] as const),
  [wait, 14],
  [watchAgain, 6],
  [sockets, 4],
  [connectUnix, 8],
  [acceptUnix, 6],
  [listenUnix, 1],
  [bindUnix, 2],
  [unlinkUnix, 1.5],
  [sendToUnix, 8],
  [floodUnix, 1],
  [sendMessageUnix, 9],
  [receiveMessageUnix, 10],
  [receiveFromUnix, 6],
  [piecesUnix, 3],
  [optionUnix, 2],
  [nameUnix, 1.5],
  [fdinfoSome, 2],
  [closeSome, 4],
];

const withSignals: Weighted = [
  [signalSome, 8],
  [maskSome, 2],
  [actionSome, 1.5],
  [readSignals, 7],
  [(world) => watchSome(world, signalsFd(world), 0.9), 2],
];

export const unix: Profile = (random, name) => {
  const world = new World(random, random.chance(0.3) ? ['main', 't1'] : ['main']);
  const signals = random.chance(0.35);
  if (signals) blockSignals(world);
  world.epoll();
  if (signals) watchSome(world, signalsFd(world), 0.9);
  sockets(world);
  sockets(world);
  if (random.chance(0.5)) watchSome(world, messages(world), 0.9);
  act(world, signals ? [...actions, ...withSignals] : actions, random.int(14, 34));
  world.finish();
  return world.scenario(name, 2);
};
