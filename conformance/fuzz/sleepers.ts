/** Threads that may be inside a call, and what they are told. */
import { signalNames } from './actions.ts';
import type { Item, World } from './world.ts';

/** Threads that may be inside a call, and what would let them out. */
export class Sleepers {
  readonly #world: World;
  readonly #blocked = new Map<string, { readonly since: number; readonly on: Item | undefined }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A thread that is probably idle, other than main. */
  idle(): string | undefined {
    const { random, threads, steps } = this.#world;
    const free = threads.slice(1).filter((thread) => {
      const sleep = this.#blocked.get(thread);
      return sleep === undefined || (steps.length - sleep.since > 2 && random.chance(0.25));
    });
    return free.length === 0 ? undefined : random.pick(free);
  }

  blocked(): string | undefined {
    const names = [...this.#blocked.keys()];
    return names.length === 0 ? undefined : this.#world.random.pick(names);
  }

  sleeps(thread: string, on?: Item): void {
    this.#blocked.set(thread, { since: this.#world.steps.length, on });
  }

  /** What a thread waits for, if that is one socket. */
  sleepsOn(thread: string): Item | undefined {
    return this.#blocked.get(thread)?.on;
  }

  wakes(thread: string): void {
    this.#blocked.delete(thread);
  }

  wakeOne(): void {
    const thread = this.blocked();
    if (thread !== undefined && this.#world.random.chance(0.5)) this.wakes(thread);
  }
}

export function blockingCall(world: World, sleepers: Sleepers): void {
  const { random } = world;
  const thread = sleepers.idle();
  if (thread === undefined) return;
  const reader = world.items.filter(
    ({ file }) => !file.nonblock && file.queued === 0 && file.kind !== 'pipeW',
  );
  const listener = world.of('listen').find(({ file }) => !file.nonblock);
  const before = world.steps.length;
  random.weighted<() => void>([
    [() => world.waitFor(world.anyEpoll(), -1, thread), 60],
    [() => world.poll(-1, thread), 5],
    [() => world.select(null, thread), 4],
    [() => reader.length > 0 && world.read(random.pick(reader), thread), 6],
    [
      () => {
        if (listener !== undefined)
          world.step('accept4', { fd: `$${listener.name}`, flags: 0 }, [world.name('a')], thread);
      },
      3,
    ],
  ])();
  if (world.steps.length > before) sleepers.sleeps(thread);
}

export const signal = (world: World, sleepers: Sleepers): void => {
  const { random } = world;
  const known = random.chance(0.7) ? sleepers.blocked() : undefined;
  const thread = known ?? random.pick(world.threads);
  world.step('tgkill', { thread, signal: random.pick(signalNames) });
  if (random.chance(0.7)) sleepers.wakes(thread);
};
