/**
 * A pseudo-terminal in epoll sets. Each epoll watches one side: of two sides that are told by one
 * write, the kernel's own thread decides which is told first.
 */

import { type Profile, pollSome, type Weighted } from '../actions.ts';
import type { Dice } from '../dice.ts';
import {
  controlTerminal,
  openSlave,
  readSide,
  setTerminal,
  sleepInRead,
  terminal,
  writeSide,
} from '../terminals.ts';
import { fdinfoSome } from '../unix_sockets.ts';
import { type Item, World } from '../world.ts';

const masks = [
  'EPOLLIN|EPOLLPRI|EPOLLOUT|EPOLLET',
  'EPOLLIN|EPOLLET',
  'EPOLLOUT|EPOLLET',
  'EPOLLIN',
  'EPOLLIN|EPOLLPRI|EPOLLRDHUP',
  'EPOLLIN|EPOLLONESHOT',
] as const;

/** The epolls of the master and of the slaves, and what is in them. */
class Watchers {
  readonly #world: World;
  readonly #eps: Readonly<Record<'ptm' | 'pts', Item>>;

  constructor(world: World) {
    this.#world = world;
    this.#eps = { ptm: world.epoll(), pts: world.epoll() };
  }

  add(item: Item | undefined): void {
    if (item === undefined || !this.#world.random.chance(0.85)) return;
    const ep = this.#eps[item.file.kind as 'ptm' | 'pts'];
    this.#world.watch(ep, item, 'main', this.#world.random.pick(masks));
  }

  ask(): void {
    this.#world.wait(this.#world.random.pick([this.#eps.ptm, this.#eps.pts]), 8);
  }
}

function closeSide(world: World): void {
  const sides = world.of('pts', 'pts', 'ptm');
  const item = world.random.shuffle(sides)[0];
  if (item !== undefined && (item.file.kind === 'pts' || world.random.chance(0.3))) {
    world.close(item);
  }
}

const actionsOf = (watchers: Watchers, random: Dice): Weighted => [
  [writeSide, 26],
  [readSide, 16],
  [setTerminal, 6],
  [controlTerminal, 9],
  [sleepInRead, 5],
  [pollSome, 2],
  [fdinfoSome, 0.5],
  [closeSide, 2.5],
  [(world) => watchers.add(openSlave(world, random.chance(0.2))), 2.5],
];

export const tty: Profile = (random, name) => {
  const world = new World(random, random.chance(0.5) ? ['main', 't1'] : ['main']);
  const watchers = new Watchers(world);
  watchers.add(terminal(world));
  watchers.add(openSlave(world, random.chance(0.3)));
  const actions = actionsOf(watchers, random);
  const steps = random.int(14, 40);
  for (let guard = 0; world.steps.length < steps && guard < 200; guard++) {
    random.weighted(actions)(world);
    if (random.chance(0.5)) watchers.ask();
  }
  world.finish();
  return world.scenario(name, 2);
};
