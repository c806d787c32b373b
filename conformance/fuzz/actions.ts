/** What a random program does next: small actions that every profile mixes in its own way. */

import type { Dice } from './dice.ts';
import type { Document } from './document.ts';
import type { Item, World } from './world.ts';

export type Profile = (random: Dice, name: string) => Document;

export type Action = (world: World) => void;

export type Weighted = readonly (readonly [Action, number])[];

export const threadNames: readonly string[] = ['main', 't1', 't2', 't3'];

export const signalNames: readonly string[] = ['SIGUSR1', 'SIGUSR2'];

export const anyItem = (world: World): Item => world.random.pick(world.items);

export const pollable = (world: World): Item[] =>
  world.items.filter(({ file }) => file.kind !== 'ep');

export function source(world: World, blocking = 0.2): Item[] {
  return world.random.weighted<() => Item[]>([
    [() => world.pipe(blocking), 4],
    [() => world.event(blocking), 3],
    [() => world.pair('SOCK_STREAM', blocking), 3],
  ])();
}

export const messages = (world: World): Item[] =>
  world.pair(world.random.chance(0.5) ? 'SOCK_DGRAM' : 'SOCK_SEQPACKET', 0);

export function watchSome(world: World, items: readonly Item[], probability = 0.7): void {
  for (const item of items) {
    if (world.random.chance(probability)) world.watch(world.anyEpoll(), item);
  }
}

export const watchAgain: Action = (world) => {
  const items = pollable(world);
  if (items.length > 0) world.watch(world.anyEpoll(), world.random.pick(items));
};

export const someTraffic: Action = (world) => {
  const items = pollable(world);
  if (items.length > 0) world.traffic(world.random.pick(items));
};

export const wait: Action = (world) => world.wait(world.anyEpoll());

export const closeSome: Action = (world) => {
  if (world.items.length < 4) return;
  const eps = world.of('ep');
  const item = anyItem(world);
  if (item.file.kind === 'ep' && eps.length < 2) return;
  world.close(item);
};

export const shutSome: Action = (world) => {
  const items = world.of('stream', 'message', 'tcp');
  if (items.length > 0) world.shutdown(world.random.pick(items));
};

export const duplicateSome: Action = (world) => world.duplicate(anyItem(world));

export const fcntlSome: Action = (world) => world.fcntl(anyItem(world));

export const ioctlSome: Action = (world) => world.ioctl(anyItem(world));

export const pollSome: Action = (world) => world.poll(0);

export const selectSome: Action = (world) => world.select(0);

export const common: Weighted = [
  [someTraffic, 34],
  [wait, 20],
  [(world) => world.modify(), 6],
  [(world) => world.unwatch(), 2.5],
  [watchAgain, 6],
  [closeSome, 4],
  [shutSome, 2],
  [duplicateSome, 3],
  [fcntlSome, 1.5],
  [ioctlSome, 0.7],
  [pollSome, 2.5],
  [selectSome, 1.5],
  [(world) => watchSome(world, source(world)), 4],
];

/** Takes actions until there are enough steps; asks an epoll after most of them. */
export function act(world: World, actions: Weighted, steps: number, ask = 0.6): void {
  for (let guard = 0; world.steps.length < steps && guard < 400; guard++) {
    if (world.of('ep').length === 0) world.epoll();
    if (world.items.length < 3) watchSome(world, source(world), 1);
    const before = world.steps.length;
    world.random.weighted(actions)(world);
    if (world.steps.length > before && world.random.chance(ask) && world.of('ep').length > 0) {
      world.wait(world.anyEpoll());
    }
  }
}
