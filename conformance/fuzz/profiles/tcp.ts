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
  threadNames,
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
import { Sleepers, signal } from '../sleepers.ts';
import {
  disconnect,
  overflow,
  rouseTcp,
  sharePort,
  sleepInTcp,
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
  const threads = random.chance(0.3) ? random.int(2, 4) : 1;
  const world = new World(random, threadNames.slice(0, threads));
  const sleepers = new Sleepers(world);
  const blocking = threads > 1 ? 0.7 : 0.35;
  world.epoll();
  if (random.chance(0.2)) world.epoll();
  const listener = world.listener(
    threads > 1 ? 0.6 : 0.25,
    random.weighted([
      [8, 12],
      [1, 1],
      [0, 1],
    ]),
  );
  if (random.chance(0.5)) world.watch(world.anyEpoll(), listener);
  connection(world, blocking);
  const actions: Weighted = [
    [someTraffic, 24],
    [wait, 12],
    [(w) => w.modify(), 4],
    [(w) => w.unwatch(), 1.5],
    [watchAgain, 4],
    [(w) => connection(w, blocking), 5],
    [(w) => sleepInTcp(w, sleepers), threads > 1 ? 40 : 0],
    [(w) => rouseTcp(w, sleepers), threads > 1 ? 40 : 0],
    [(w) => signal(w, sleepers), threads > 1 ? 3 : 0],
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
  const steps = threads > 1 ? random.int(30, 50) : random.int(18, 36);
  act(world, isDeep ? [...actions, ...depth] : actions, steps, threads > 1 ? 0.1 : 0.6);
  if (threads === 1) world.finish();
  return world.scenario(name, isDeep ? 2 : undefined);
};
