/** Actions on processes: they come, go, are waited for and get signals. */
import { type Action, anyItem } from './actions.ts';
import type { World } from './world.ts';

/** Threads that can begin with a fork. */
export const children: readonly string[] = ['c1', 'c2', 'c3'];

/** Which threads run, as far as is known, and which may still begin. */
export class Family {
  readonly live: string[];
  private readonly unborn: string[] = [...children];

  constructor(threads: readonly string[]) {
    this.live = [...threads];
  }

  fork(world: World): void {
    const child = this.unborn.shift();
    if (child === undefined) return;
    world.step('fork', { child }, undefined, world.random.pick(this.live));
    this.live.push(child);
  }

  exit(world: World): void {
    const thread = this.child(world);
    if (thread === undefined) return;
    world.step('exit', { status: world.random.pick([0, 1, 255, 256, -1]) }, undefined, thread);
    this.live.splice(this.live.indexOf(thread), 1);
  }

  private child(world: World): string | undefined {
    return world.random.shuffle(this.live.filter((name) => children.includes(name)))[0];
  }

  /** One that has begun; it may have ended since. */
  someone(world: World): string {
    const begun = children.filter((name) => !this.unborn.includes(name));
    return world.random.pick(['main', ...begun, ...begun]);
  }

  wait(world: World): void {
    const { random } = world;
    const thread = random.pick(this.live);
    const options = random.chance(0.7) ? 'WNOHANG' : 0;
    const process = random.chance(0.5) ? null : this.someone(world);
    if (random.chance(0.6)) {
      world.step('wait4', { process, options }, undefined, thread);
      return;
    }
    const which = process ?? this.someone(world);
    const kinds = random.pick(['WEXITED', 'WEXITED|WNOWAIT', 'WNOHANG', 'WEXITED|WSTOPPED']);
    const flags = options === 0 ? kinds : `${kinds}|WNOHANG`;
    world.step('waitid', { process: which, options: flags }, undefined, thread);
  }

  kill(world: World): void {
    const { random } = world;
    const from = random.pick(this.live);
    const signal = random.weighted([
      ['SIGUSR1', 5],
      ['SIGTERM', 2],
      ['SIGKILL', 1],
      ['SIGCHLD', 1],
      ['SIGWINCH', 1],
    ]);
    // The first process is to stay.
    const harmless = signal === 'SIGUSR1' || signal === 'SIGCHLD' || signal === 'SIGWINCH';
    const begun = harmless ? this.someone(world) : this.child(world);
    if (begun === undefined) return;
    if (random.chance(0.15)) {
      world.step('setpgid', { process: begun, group: begun }, undefined, from);
      if (begun !== 'main') world.step('kill', { group: begun, signal }, undefined, from);
    } else world.step('kill', { thread: begun, signal }, undefined, from);
  }

  pidfd(world: World): void {
    const { random } = world;
    const name = world.name('pf');
    const flags = random.chance(0.7) ? 0 : 'PIDFD_NONBLOCK';
    world.step('pidfd_open', { process: this.someone(world), flags }, [name]);
    world.watch(world.anyEpoll(), world.add(name, 'pidfd', true));
  }

  viaPidfd(world: World): void {
    const { random } = world;
    const pidfd = random.shuffle(world.of('pidfd'))[0];
    if (pidfd === undefined) return;
    const fd = `$${random.chance(0.95) ? pidfd.name : anyItem(world).name}`;
    const thread = random.pick(this.live);
    if (random.chance(0.5)) {
      const signal = random.pick(['SIGUSR1', 'SIGCHLD']);
      world.step('pidfd_send_signal', { fd, signal }, undefined, thread);
      return;
    }
    const options = random.pick(['WEXITED|WNOHANG', 'WEXITED|WNOHANG|WNOWAIT', 'WEXITED']);
    world.step('waitid', { fd, options }, undefined, thread);
  }

  execute(world: World): void {
    const thread = this.child(world);
    if (thread !== undefined) world.step('execve', {}, undefined, thread);
  }

  /** Lets somebody else make the steps that an action has chosen. */
  elsewhere(action: Action): Action {
    return (world) => {
      const before = world.steps.length;
      action(world);
      const thread = world.random.pick(this.live);
      if (thread === 'main') return;
      for (let i = before; i < world.steps.length; i++) {
        const step = world.steps[i] as (typeof world.steps)[number];
        if (step.thread === undefined) world.steps[i] = { thread, ...step };
      }
    };
  }
}
