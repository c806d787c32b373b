/** TCP over loopback. */
import {
  act,
  closeSome,
  duplicateSome,
  fcntlSome,
  ioctlSome,
  type Profile,
  pollSome,
  selectSome,
  shutSome,
  someTraffic,
  type Weighted,
  wait,
  watchAgain,
} from '../actions.ts';
import {
  acceptMore,
  connection,
  freshSocket,
  refused,
  reset,
  socketOption,
  stopListening,
  urgent,
} from '../connections.ts';
import {
  disconnect,
  overflow,
  sharePort,
  tcpIoctl,
  tcpMessages,
  tcpName,
  tcpOption,
  tcpPieces,
  withItself,
} from '../tcp_depth.ts';
import { World } from '../world.ts';

const depth: Weighted = [
  [tcpOption, 8],
  [tcpIoctl, 4],
  [tcpName, 2],
  [disconnect, 1],
  [tcpPieces, 4],
  [tcpMessages, 8],
  [overflow, 0.6],
  [withItself, 1],
  [sharePort, 1],
];

export const tcp: Profile = (random, name) => {
  const world = new World(random);
  world.epoll();
  if (random.chance(0.2)) world.epoll();
  const listener = world.listener(
    0.25,
    random.weighted([
      [8, 12],
      [1, 1],
      [0, 1],
    ]),
  );
  if (random.chance(0.5)) world.watch(world.anyEpoll(), listener);
  connection(world, 0.35);
  const actions: Weighted = [
    [someTraffic, 24],
    [wait, 12],
    [(w) => w.modify(), 4],
    [(w) => w.unwatch(), 1.5],
    [watchAgain, 4],
    [(w) => connection(w, 0.35), 5],
    [acceptMore, 2],
    [refused, 1.5],
    [urgent, 6],
    [reset, 3],
    [socketOption, 7],
    [shutSome, 6],
    [closeSome, 4],
    [freshSocket, 1],
    [stopListening, 0.7],
    [duplicateSome, 0.8],
    [fcntlSome, 0.5],
    [ioctlSome, 0.7],
    [pollSome, 3],
    [selectSome, 0.6],
  ];
  const isDeep = random.chance(0.5);
  act(world, isDeep ? [...actions, ...depth] : actions, random.int(18, 36));
  world.finish();
  return world.scenario(name, isDeep ? 2 : undefined);
};
