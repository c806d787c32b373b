/** Timers and timeouts. */
import { type Profile, signalNames } from '../actions.ts';
import { type Item, World } from '../world.ts';
import { Clock, sleep, timerScene } from './timing.ts';

const waits = [20, 30, 50, 60, 100, 120, 150, 210, 240];

function timeoutScene(world: World, clock: Clock): void {
  const { random } = world;
  const ep = world.epoll();
  const [event] = world.event(0) as [Item];
  if (random.chance(0.8))
    world.watch(
      ep,
      event,
      'main',
      random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET', 'EPOLLIN|EPOLLONESHOT']),
    );
  if (random.chance(0.7)) world.read(event);
  const timeouts = random.shuffle(waits);
  const form = (thread: string, timeout: number): void => {
    const fds = [{ fd: `$${ep.name}`, events: 'POLLIN' }];
    random.weighted<() => void>([
      [() => world.waitFor(ep, timeout, thread), 6],
      [() => world.step('poll', { fds, timeout }, undefined, thread), 2],
      [
        () =>
          world.step(
            'select',
            { read: [`$${ep.name}`], write: [], except: [], timeout },
            undefined,
            thread,
          ),
        1,
      ],
    ])();
    clock.due(timeout);
  };
  const kind = random.weighted([
    ['alone', 3],
    ['two', 4],
    ['written', 4],
    ['signalled', 2],
    ['timer', 2],
  ]);
  if (kind === 'alone') {
    form('main', timeouts[0] as number);
    if (random.chance(0.5)) form('main', timeouts[1] as number);
  } else if (kind === 'timer') {
    const [timer] = world.timer() as [Item];
    world.watch(
      ep,
      timer,
      'main',
      random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET', 'EPOLLIN|EPOLLONESHOT']),
    );
    const value_ms = random.pick([40, 80, 120]);
    world.step('timerfd_settime', { fd: `$${timer.name}`, flags: 0, value_ms, interval_ms: 0 });
    world.waitFor(ep, random.pick([60, 100, 160, 250]), random.pick(['main', 't1']));
    world.wait(ep);
    world.step('sleep', { ms: 300 });
    world.read(timer);
  } else {
    const first = timeouts[0] as number;
    form('t1', first);
    const second = timeouts.find((ms) => Math.abs(ms - first) >= 25);
    if (kind !== 'signalled' && second !== undefined && random.chance(0.6)) form('t2', second);
    if (kind === 'written') {
      sleep(world, clock);
      world.write(event);
    } else if (kind === 'signalled') {
      sleep(world, clock);
      world.step('tgkill', { thread: 't1', signal: random.pick(signalNames) });
    }
    if (random.chance(0.5)) sleep(world, clock);
    world.step('sleep', { ms: 270 });
  }
  world.wait(ep);
  clock.forget();
}

export const time: Profile = (random, name) => {
  const world = new World(random, ['main', 't1', 't2']);
  const clock = new Clock();
  for (let i = random.int(2, 3); i > 0; i--) {
    if (random.chance(0.5)) timerScene(world, clock);
    else timeoutScene(world, clock);
  }
  return world.scenario(name);
};
