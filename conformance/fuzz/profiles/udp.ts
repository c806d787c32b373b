/** UDP over loopback: datagrams, errors about them, and sockets that sleep for either. */
import {
  act,
  closeSome,
  duplicateSome,
  fcntlSome,
  ioctlSome,
  type Profile,
  pollSome,
  selectSome,
  threadNames,
  type Weighted,
  wait,
  watchAgain,
  watchSome,
} from '../actions.ts';
import {
  askUdp,
  bindUdp,
  connectUdp,
  disconnectUdp,
  fionreadUdp,
  floodUdp,
  groupUdp,
  nameUdp,
  oddUdp,
  receiveFromUdp,
  receiveUdp,
  refusedUdp,
  sendToUdp,
  shutUdp,
  udpOption,
  udpPair,
  udpSocket,
  udpTraffic,
} from '../datagrams.ts';
import { Sleepers } from '../sleepers.ts';
import { World } from '../world.ts';

/** A thread that sleeps in a receive, a poll or a wait. */
function sleep(world: World, sleepers: Sleepers): void {
  const thread = sleepers.idle();
  if (thread === undefined) return;
  const { random } = world;
  const readers = world.of('udp').filter(({ file }) => !file.nonblock);
  random.weighted<() => void>([
    [() => receiveUdp(world, random.shuffle(readers)[0], thread), 5],
    [() => world.waitFor(world.anyEpoll(), -1, thread), 4],
    [() => world.poll(-1, thread), 1],
  ])();
  sleepers.sleeps(thread);
}

const depth: Weighted = [
  [sendToUdp, 14],
  [receiveFromUdp, 14],
  [disconnectUdp, 3],
  [nameUdp, 4],
];

export const udp: Profile = (random, name) => {
  const threads = random.chance(0.35) ? random.int(2, 3) : 1;
  const world = new World(random, threadNames.slice(0, threads));
  const blocking = threads > 1 ? 0.7 : 0.25;
  const sleepers = new Sleepers(world);
  world.epoll();
  if (random.chance(0.25)) world.epoll();
  watchSome(world, udpPair(world, blocking), 0.8);
  if (random.chance(0.4)) watchSome(world, [udpSocket(world, blocking)], 0.7);
  const actions: Weighted = [
    [udpTraffic, 40],
    [wait, 12],
    [(w) => w.modify(), 4],
    [(w) => w.unwatch(), 1.5],
    [watchAgain, 5],
    [refusedUdp, 3],
    [connectUdp, 4],
    [bindUdp, 2],
    [groupUdp, 0.6],
    [floodUdp, 3],
    [udpOption, 8],
    [askUdp, 5],
    [fionreadUdp, 2],
    [shutUdp, 2],
    [oddUdp, 0.6],
    [closeSome, 4],
    [duplicateSome, 1],
    [fcntlSome, 0.7],
    [ioctlSome, 0.7],
    [pollSome, 4],
    [selectSome, 1],
    [(w) => watchSome(w, [udpSocket(w, blocking)], 0.8), 2],
    [(w) => sleep(w, sleepers), threads > 1 ? 16 : 0],
  ];
  const isDeep = random.chance(0.5);
  act(world, isDeep ? [...actions, ...depth] : actions, random.int(16, 36), 0.5);
  world.finish();
  return world.scenario(name, isDeep ? 2 : undefined);
};
