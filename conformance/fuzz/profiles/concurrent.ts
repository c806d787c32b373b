import {
  type Action,
  messages,
  type Profile,
  pollable,
  someTraffic,
  source,
  threadNames,
  type Weighted,
} from '../actions.ts';
import { connection, listenerOf } from '../connections.ts';
import type { Document, Step } from '../document.ts';
import { type Item, World } from '../world.ts';

/** Two or three threads with a few calls each, around one or two sources: races that can be counted. */
export const concurrent: Profile = (random, name): Document => {
  const world = new World(random, threadNames.slice(0, random.int(2, 3)));
  begin(world);
  const steps = world.steps.splice(0);
  const share = 6 / world.threads.length;
  const lists = world.threads.map((thread) => {
    const calls = random.int(1, Math.min(3, share + 0.5));
    return [thread, takeSteps(world, free, calls)] as const;
  });
  const after = takeSteps(world, later, random.int(1, 3));
  const { threads } = world;
  const freely = Object.fromEntries(lists);
  return { name, mode: 'concurrent', threads, steps, concurrent: freely, after };
};

/** Something that is watched, and perhaps something to find there. */
function begin(world: World): void {
  const { random } = world;
  const ep = world.epoll();
  const items = random.weighted<() => Item[]>([
    [() => source(world, 0.2), 8],
    [() => messages(world), 2],
    [() => tcp(world), 2],
  ])();
  for (const item of items) if (random.chance(0.7)) world.watch(ep, item);
  if (random.chance(0.2)) {
    const outer = world.epoll();
    world.watch(outer, ep);
  }
  for (let i = random.int(0, 2); i > 0; i--) someTraffic(world);
}

function tcp(world: World): Item[] {
  const listener = world.listener(0.2);
  world.watch(world.anyEpoll(), listener);
  connection(world, 0.2);
  return [];
}

/** The steps of a few actions; whose thread's they are, the list says that they are put into. */
function takeSteps(world: World, actions: Weighted, count: number): Step[] {
  for (let guard = 0; world.steps.length < count && guard < 50; guard++) {
    world.random.weighted(actions)(world);
  }
  return world.steps
    .splice(0)
    .slice(0, count)
    .map(({ thread: _, ...step }) => step);
}

const traffic: Action = (world) => {
  const items = pollable(world);
  if (items.length === 0) return;
  const item = world.random.pick(items);
  if (world.random.chance(0.5)) world.traffic(item);
  else if (item.file.kind === 'pipeW') world.write(item);
  else if (!['listen', 'fresh'].includes(item.file.kind)) world.read(item);
};

/** A close of which the others know nothing. */
const close: Action = (world) =>
  world.step('close', { fd: `$${world.random.pick(world.items).name}` });

const accept: Action = (world) => {
  const listener = listenerOf(world);
  if (listener !== undefined) {
    world.step('accept4', { fd: `$${listener.name}`, flags: 'SOCK_NONBLOCK' });
  }
};

const add: Action = (world) => world.watch(world.anyEpoll(), world.random.pick(world.items));

const shutDown: Action = (world) => {
  const items = world.of('stream', 'message', 'tcp');
  if (items.length > 0) world.shutdown(world.random.pick(items));
};

const wait =
  (timeout: number): Action =>
  (world) =>
    world.waitFor(world.anyEpoll(), timeout, 'main');

const free: Weighted = [
  [traffic, 30],
  [wait(-1), 14],
  [wait(0), 10],
  [wait(20), 3],
  [(world) => world.modify(), 8],
  [add, 4],
  [(world) => world.unwatch(), 3],
  [close, 4],
  [(world) => world.duplicate(world.random.pick(world.items)), 2],
  [(world) => world.poll(world.random.pick([0, 0, -1])), 4],
  [shutDown, 2],
  [accept, 3],
];

const later: Weighted = [
  [wait(0), 10],
  [traffic, 5],
  [(world) => world.poll(0), 2],
];
