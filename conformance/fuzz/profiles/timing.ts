/** Time: what a profile about it is made of. */
import type { Item, World } from '../world.ts';

/** The virtual clock of a scenario, and the moments at which something is going to happen. */
export class Clock {
  now = 0;
  readonly #moments: { at: number; every: number }[] = [];

  due(after: number, every = 0): void {
    this.#moments.push({ at: this.now + after, every });
  }

  /** Whether a moment `ms` from now is far enough from every other one. */
  clear(ms: number): boolean {
    const at = this.now + ms;
    return this.#moments.every((moment) => {
      if (moment.every === 0) return Math.abs(moment.at - at) >= 25;
      const past = Math.max(0, Math.round((at - moment.at) / moment.every));
      return Math.abs(moment.at + past * moment.every - at) >= 25;
    });
  }

  forget(): void {
    this.#moments.length = 0;
  }
}

const durations = [30, 40, 60, 90, 100, 120, 150, 180, 210, 240, 270];

export function clearDuration(world: World, clock: Clock): number | undefined {
  return world.random.shuffle(durations).find((ms) => clock.clear(ms));
}

export function sleep(world: World, clock: Clock): void {
  const ms = clearDuration(world, clock);
  if (ms === undefined) return;
  world.step('sleep', { ms });
  clock.now += ms;
}

export function timerScene(world: World, clock: Clock): void {
  const { random } = world;
  const ep = world.epoll();
  const timers: Item[] = [];
  for (
    let i = random.weighted([
      [1, 5],
      [2, 3],
      [3, 1],
    ]);
    i > 0;
    i--
  )
    timers.push(...world.timer());
  const mask = (): string =>
    random.weighted([
      ['EPOLLIN|EPOLLONESHOT', 5],
      ['EPOLLIN', 4],
      ['EPOLLIN|EPOLLET', 4],
      ['EPOLLIN|EPOLLET|EPOLLONESHOT', 2],
      ['EPOLLIN|EPOLLRDHUP|EPOLLET', 2],
      ['EPOLLIN|EPOLLOUT', 1],
    ]);
  for (const timer of timers) world.watch(ep, timer, 'main', mask());
  const arm = (timer: Item): void => {
    const value_ms = clearDuration(world, clock);
    if (value_ms === undefined) return;
    const interval_ms = random.chance(0.35) ? random.pick([90, 120]) : 0;
    world.step('timerfd_settime', { fd: `$${timer.name}`, flags: 0, value_ms, interval_ms });
    clock.due(value_ms, interval_ms);
  };
  for (const timer of timers) arm(timer);
  const blocked = random.chance(0.3);
  if (blocked) world.waitFor(ep, -1, 't1');
  for (let i = random.int(2, 4); i > 0; i--) {
    sleep(world, clock);
    for (let k = random.int(0, 2); k > 0; k--) world.wait(ep);
    if (random.chance(0.6)) world.read(random.pick(timers));
    if (random.chance(0.2))
      world.step('poll', {
        fds: [{ fd: `$${random.pick(timers).name}`, events: 'POLLIN' }],
        timeout: 0,
      });
    if (random.chance(0.15)) {
      const timer = random.pick(timers);
      world.step('epoll_ctl', {
        epfd: `$${ep.name}`,
        op: 'EPOLL_CTL_MOD',
        fd: `$${timer.name}`,
        events: mask(),
        data: world.data(),
      });
    }
    if (random.chance(0.15)) arm(random.pick(timers));
    if (random.chance(0.1))
      world.step('timerfd_settime', {
        fd: `$${random.pick(timers).name}`,
        flags: 0,
        value_ms: 0,
        interval_ms: 0,
      });
  }
  for (const timer of timers) {
    if (random.chance(0.5)) world.read(timer);
    world.step('timerfd_settime', { fd: `$${timer.name}`, flags: 0, value_ms: 0, interval_ms: 0 });
    if (random.chance(0.5)) world.wait(ep);
  }
  clock.forget();
}
