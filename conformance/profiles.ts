/** Random scenarios by subject. Each profile takes a seed and gives one scenario. */
import { Random } from './random.ts';
import type { Args, Scenario } from './scenario.ts';
import { type Item, World } from './world.ts';

export type Profile = (seed: string, name: string) => Scenario;

type Action = (world: World) => void;
type Weighted = readonly (readonly [Action, number])[];

const THREADS = ['main', 't1', 't2', 't3'];
const SIGNALS = ['SIGUSR1', 'SIGUSR2'];

const anyItem = (world: World): Item => world.random.pick(world.items);
const pollable = (world: World): Item[] => world.items.filter(({ file }) => file.kind !== 'ep');

function source(world: World, blocking = 0.2): Item[] {
  return world.random.weighted<() => Item[]>([
    [() => world.pipe(blocking), 4],
    [() => world.event(blocking), 3],
    [() => world.pair('SOCK_STREAM', blocking), 3],
  ])();
}

function watchSome(world: World, items: readonly Item[], probability = 0.7): void {
  for (const item of items) {
    if (world.random.chance(probability)) world.watch(world.anyEpoll(), item);
  }
}

const watchAgain: Action = (world) => {
  const items = pollable(world);
  if (items.length > 0) world.watch(world.anyEpoll(), world.random.pick(items));
};

const someTraffic: Action = (world) => {
  const items = pollable(world);
  if (items.length > 0) world.traffic(world.random.pick(items));
};

const wait: Action = (world) => world.wait(world.anyEpoll());

const closeSome: Action = (world) => {
  if (world.items.length < 4) return;
  const eps = world.of('ep');
  const item = anyItem(world);
  if (item.file.kind === 'ep' && eps.length < 2) return;
  world.close(item);
};

const shutSome: Action = (world) => {
  const items = world.of('stream', 'message', 'tcp');
  if (items.length > 0) world.shutdown(world.random.pick(items));
};

const duplicateSome: Action = (world) => world.duplicate(anyItem(world));
const fcntlSome: Action = (world) => world.fcntl(anyItem(world));
const ioctlSome: Action = (world) => world.ioctl(anyItem(world));
const pollSome: Action = (world) => world.poll(0);
const selectSome: Action = (world) => world.select(0);

const COMMON: Weighted = [
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
function act(world: World, actions: Weighted, steps: number, ask = 0.6): void {
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

const basic: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
  for (let i = random.int(1, 2); i > 0; i--) world.epoll();
  for (let i = random.int(1, 3); i > 0; i--) watchSome(world, source(world), 0.75);
  act(world, COMMON, random.int(14, 36));
  world.finish();
  return world.scenario(name);
};

/** Small scenes around one source: every order of a few writes, reads, changes and waits. */
const classic: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
  const ep = world.epoll();
  const items = random.weighted<() => Item[]>([
    [() => world.pipe(0), 3],
    [() => world.event(0), 3],
    [() => world.pair('SOCK_STREAM', 0), 3],
    [() => world.pair('SOCK_SEQPACKET', 0), 1],
    [() => world.pair('SOCK_DGRAM', 0), 1],
  ])();
  for (const item of items) world.watch(ep, item);
  const actions: Weighted = [
    [someTraffic, 10],
    [(w) => w.modify(), 3],
    [(w) => w.unwatch(), 1],
    [watchAgain, 1],
    [shutSome, 1],
    [closeSome, 1],
    [(w) => w.duplicate(anyItem(w)), 1],
    [pollSome, 1],
  ];
  act(world, actions, random.int(8, 18), 1);
  world.finish();
  return world.scenario(name);
};

const messages = (world: World): Item[] =>
  world.pair(world.random.chance(0.5) ? 'SOCK_DGRAM' : 'SOCK_SEQPACKET', 0);

const dgram: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
  world.epoll();
  watchSome(world, messages(world), 0.9);
  if (random.chance(0.4)) watchSome(world, messages(world), 0.7);
  const flood: Action = (w) => {
    const [item] = w.random.shuffle(w.of('message'));
    if (item === undefined) return;
    for (let i = w.random.int(9, 13); i > 0; i--) w.write(item);
  };
  const actions: Weighted = [
    [someTraffic, 34],
    [wait, 14],
    [(w) => w.modify(), 6],
    [(w) => w.unwatch(), 2],
    [watchAgain, 5],
    [closeSome, 4],
    [shutSome, 4],
    [duplicateSome, 3],
    [fcntlSome, 2],
    [ioctlSome, 1],
    [pollSome, 5],
    [selectSome, 1],
    [flood, 0.7],
    [(w) => watchSome(w, messages(w)), 1.5],
  ];
  act(world, actions, random.int(14, 32));
  world.finish();
  return world.scenario(name);
};

const nested: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
  for (let i = random.int(2, 6); i > 0; i--) world.epoll();
  for (let i = random.int(1, 2); i > 0; i--) source(world, 0.05);
  const link: Action = (w) => {
    const [outer, inner] = w.random.shuffle(w.of('ep'));
    if (outer !== undefined && inner !== undefined)
      w.watch(outer, w.random.chance(0.03) ? outer : inner);
  };
  const feed: Action = (w) => {
    const items = pollable(w);
    if (items.length > 0) w.watch(w.random.pick(w.of('ep')), w.random.pick(items));
  };
  for (let i = random.int(2, 6); i > 0; i--) link(world);
  for (let i = random.int(1, 3); i > 0; i--) feed(world);
  const actions: Weighted = [
    [link, 8],
    [feed, 5],
    [someTraffic, 22],
    [wait, 12],
    [(w) => w.wait(w.random.pick(w.of('ep'))), 14],
    [(w) => w.modify(), 6],
    [(w) => w.unwatch(), 4],
    [pollSome, 7],
    [selectSome, 1],
    [closeSome, 3],
    [duplicateSome, 1.5],
    [(w) => void w.epoll(), 3],
  ];
  act(world, actions, random.int(20, 40));
  world.finish();
  return world.scenario(name);
};

const listenerOf = (world: World): Item | undefined => world.random.shuffle(world.of('listen'))[0];

/** A connection, watched here and there while it is made. */
function connection(world: World, blocking: number): void {
  const { random } = world;
  const listener = listenerOf(world);
  if (listener === undefined) return;
  const ep = (): Item => world.anyEpoll();
  const client = world.client(listener, blocking, (item) => {
    if (random.chance(0.3)) world.watch(ep(), item);
    if (random.chance(0.15)) world.wait(ep());
  });
  if (random.chance(0.5)) world.watch(ep(), client);
  if (random.chance(0.4)) world.wait(ep());
  if (random.chance(0.2))
    world.step('getsockopt', { fd: `$${client.name}`, level: 'SOL_SOCKET', name: 'SO_ERROR' });
  if (random.chance(0.1)) world.step('connect', { fd: `$${client.name}`, to: `$${listener.name}` });
  if (random.chance(0.8)) {
    const accepted = world.accept(listener, client);
    if (random.chance(0.75)) world.watch(ep(), accepted);
  }
}

const acceptMore: Action = (world) => {
  const listener = listenerOf(world);
  if (listener === undefined || (!listener.file.nonblock && listener.file.queued <= 0)) return;
  world.accept(listener, undefined);
};

const refused: Action = (world) => {
  const { random } = world;
  const bound = world.name('n');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM' }, [bound]);
  world.add(bound, 'fresh', false);
  if (random.chance(0.8)) world.step('bind', { fd: `$${bound}`, port: 0 });
  const name = world.name('c');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const client = world.add(name, 'tcp', true, { ended: true });
  if (random.chance(0.5)) world.watch(world.anyEpoll(), client);
  const to = random.chance(0.85) ? `$${bound}` : { port: 9 };
  world.step('connect', { fd: `$${name}`, to });
  if (random.chance(0.6)) world.watch(world.anyEpoll(), client);
  if (random.chance(0.5)) world.wait(world.anyEpoll());
  if (random.chance(0.5))
    world.step('getsockopt', { fd: `$${name}`, level: 'SOL_SOCKET', name: 'SO_ERROR' });
};

const urgent: Action = (world) => {
  const { random } = world;
  const sockets = world.of('tcp');
  if (sockets.length === 0) return;
  const item = random.pick(sockets);
  const fd = `$${item.name}`;
  if (random.chance(0.55)) {
    world.step('send', { fd, data: random.pick(['u', '!', 'abc!']), flags: 'MSG_OOB' });
  } else {
    const flags = random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_OOB|MSG_PEEK|MSG_DONTWAIT', 'MSG_OOB']);
    world.step('recv', { fd, len: random.pick([8, 8, 1, 0]), flags });
  }
};

const reset: Action = (world) => {
  const [item] = world.random.shuffle(world.of('tcp'));
  if (item === undefined) return;
  world.step('setsockopt', {
    fd: `$${item.name}`,
    level: 'SOL_SOCKET',
    name: 'SO_LINGER',
    value: 0,
  });
  if (world.random.chance(0.8)) world.close(item);
};

const socketOption: Action = (world) => {
  const sockets = world.of('tcp', 'listen', 'fresh');
  if (sockets.length > 0) world.option(world.random.pick(sockets));
};

const freshSocket: Action = (world) => {
  const name = world.name('n');
  world.step('socket', { domain: 'AF_INET', type: 'SOCK_STREAM|SOCK_NONBLOCK' }, [name]);
  const item = world.add(name, 'fresh', true);
  if (world.random.chance(0.8)) world.watch(world.anyEpoll(), item);
};

const stopListening: Action = (world) => {
  const listener = listenerOf(world);
  if (listener === undefined) return;
  if (world.random.chance(0.6)) world.close(listener);
  else world.shutdown(listener);
};

const tcp: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
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
  act(world, actions, random.int(18, 36));
  world.finish();
  return world.scenario(name);
};

/** Threads that may be inside a call, and what would let them out. */
class Sleepers {
  readonly #world: World;
  readonly #blocked = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A thread that is probably idle, other than main. */
  idle(): string | undefined {
    const { random, threads, steps } = this.#world;
    const free = threads.slice(1).filter((thread) => {
      const since = this.#blocked.get(thread);
      return since === undefined || (steps.length - since > 2 && random.chance(0.25));
    });
    return free.length === 0 ? undefined : random.pick(free);
  }

  blocked(): string | undefined {
    const names = [...this.#blocked.keys()];
    return names.length === 0 ? undefined : this.#world.random.pick(names);
  }

  sleeps(thread: string): void {
    this.#blocked.set(thread, this.#world.steps.length);
  }

  wakes(thread: string): void {
    this.#blocked.delete(thread);
  }

  wakeOne(): void {
    const thread = this.blocked();
    if (thread !== undefined && this.#world.random.chance(0.5)) this.wakes(thread);
  }
}

function blockingCall(world: World, sleepers: Sleepers): void {
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

const signal = (world: World, sleepers: Sleepers): void => {
  const { random } = world;
  const known = random.chance(0.7) ? sleepers.blocked() : undefined;
  const thread = known ?? random.pick(world.threads);
  world.step('tgkill', { thread, signal: random.pick(SIGNALS) });
  if (random.chance(0.7)) sleepers.wakes(thread);
};

/** Threads that share one epoll, or have one each; written to, signalled, closed under their feet. */
const threads: Profile = (seed, name) => {
  const random = new Random(seed);
  const world = new World(
    random,
    THREADS.slice(
      0,
      random.weighted([
        [2, 2],
        [3, 5],
        [4, 3],
      ]),
    ),
  );
  const sleepers = new Sleepers(world);
  for (
    let i = random.weighted([
      [1, 6],
      [2, 2],
      [3, 2],
    ]);
    i > 0;
    i--
  )
    world.epoll();
  const shape = random.weighted([
    ['shared', 6],
    ['exclusive', 2],
    ['nested', 2],
    ['tcp', 1.5],
    ['herd', 1],
  ]);
  if (shape === 'tcp') {
    const listener = world.listener(0.5);
    world.watch(world.anyEpoll(), listener);
    if (random.chance(0.5)) connection(world, 0.5);
  } else {
    for (let i = random.int(1, 3); i > 0; i--)
      watchSome(world, source(world, 0.4), shape === 'shared' ? 0.8 : 0.3);
  }
  if (shape === 'exclusive' || shape === 'herd') {
    const [item] = random.shuffle(pollable(world));
    while (world.of('ep').length < 3) world.epoll();
    for (const ep of world.of('ep')) {
      const base = random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET']);
      if (item !== undefined)
        world.watch(ep, item, 'main', shape === 'herd' ? base : `${base}|EPOLLEXCLUSIVE`);
    }
  }
  if (shape === 'nested') {
    const inner = world.anyEpoll();
    const outer = world.epoll();
    world.watch(outer, inner);
    if (random.chance(0.5)) world.watch(world.epoll(), random.chance(0.5) ? outer : inner);
  }
  const write: Action = (w) => {
    const items = w.items.filter(({ file }) =>
      ['pipeW', 'event', 'stream', 'message', 'tcp'].includes(file.kind),
    );
    if (items.length === 0) return;
    w.write(w.random.pick(items));
    sleepers.wakeOne();
  };
  const elsewhere: Action = (w) => {
    const thread = sleepers.idle();
    if (thread === undefined) return;
    const items = pollable(w).filter(({ file }) => w.readable(file));
    w.random.weighted<() => void>([
      [() => items.length > 0 && w.traffic(w.random.pick(items), thread), 3],
      [() => w.modify(thread), 2],
      [() => w.wait(w.anyEpoll(), undefined, thread), 2],
    ])();
  };
  const actions: Weighted = [
    [(w) => blockingCall(w, sleepers), 26],
    [write, 24],
    [someTraffic, 10],
    [
      (w) => {
        w.modify();
        sleepers.wakeOne();
      },
      12,
    ],
    [watchAgain, 3],
    [(w) => w.unwatch(), 1],
    [(w) => signal(w, sleepers), 5],
    [wait, 6],
    [elsewhere, 6],
    [pollSome, 1.5],
    [closeSome, 2],
    [shutSome, 1],
    [duplicateSome, 1],
    [(w) => shape === 'tcp' && connection(w, 0.3), shape === 'tcp' ? 6 : 0],
    [(w) => watchSome(w, source(w, 0.4)), 1],
  ];
  for (let i = random.int(1, 2); i > 0; i--) blockingCall(world, sleepers);
  act(world, actions, random.int(16, 34), 0.08);
  return world.scenario(name);
};

const BAD_FDS = [-1, -1, 999, 999, 2000, 0, 1, 2, 1073741824, -2147483648];
const ODD_MASKS = [
  'EPOLLIN',
  'EPOLLIN|EPOLLET',
  'EPOLLIN|EPOLLEXCLUSIVE',
  'EPOLLEXCLUSIVE|EPOLLRDHUP',
  'EPOLLPRI|EPOLLEXCLUSIVE',
  'EPOLLIN|EPOLLOUT|EPOLLEXCLUSIVE|EPOLLET|EPOLLWAKEUP',
  'EPOLLIN|EPOLLEXCLUSIVE|EPOLLONESHOT',
  0,
  'EPOLLHUP|EPOLLERR|EPOLLEXCLUSIVE',
  'EPOLLIN|0x8000000',
  'EPOLLWAKEUP|EPOLLIN',
  4294967295,
  'EPOLLEXCLUSIVE',
  'EPOLLEXCLUSIVE|EPOLLET',
  'EPOLLRDNORM|EPOLLEXCLUSIVE',
  'EPOLLMSG|EPOLLEXCLUSIVE',
  '0x20',
  'EPOLLIN|0x1000',
];
const OPS = [
  'EPOLL_CTL_ADD',
  'EPOLL_CTL_ADD',
  'EPOLL_CTL_MOD',
  'EPOLL_CTL_MOD',
  'EPOLL_CTL_DEL',
  4,
  0,
  -1,
  99,
];

/** A descriptor, good or bad, of whatever kind. */
function oddFd(world: World, bad = 0.3): number | string {
  return world.random.chance(bad) ? world.random.pick(BAD_FDS) : `$${anyItem(world).name}`;
}

const oddCtl: Action = (world) => {
  const { random } = world;
  const epfd = random.chance(0.75)
    ? `$${world.random.pick(world.of('ep')).name}`
    : oddFd(world, 0.6);
  const head: Args = { epfd, op: random.pick(OPS), fd: oddFd(world, 0.25) };
  if (random.chance(0.12)) world.step('epoll_ctl', { ...head, event: null });
  else world.step('epoll_ctl', { ...head, events: random.pick(ODD_MASKS), data: world.data() });
};

const oddWait: Action = (world) => {
  const { random } = world;
  const epfd = random.chance(0.8) ? `$${random.pick(world.of('ep')).name}` : oddFd(world, 0.7);
  const maxevents = random.pick([
    8, 8, 8, 1, 2, 64, 0, 0, -1, -1, -2147483648, 2147483647, 178956970, 178956971,
  ]);
  const buffer: Args = random.chance(0.3) ? { buffer: 'bad' } : {};
  const sigmask: Args = random.chance(0.6)
    ? { sigmask: random.pick<Args[string]>([null, [], ['SIGUSR1'], ['SIGUSR2']]) }
    : {};
  const head = { epfd, maxevents };
  random.weighted<() => void>([
    [() => world.step('epoll_wait', { ...head, timeout: 0, ...buffer }), 6],
    [() => world.step('epoll_pwait', { ...head, timeout: 0, ...sigmask, ...buffer }), 2],
    [
      () => {
        const timeout_ns = random.pick([0, 0, 0, -1, -5000000000]);
        world.step('epoll_pwait2', { ...head, timeout_ns, ...sigmask, ...buffer });
      },
      2,
    ],
  ])();
};

const oddCalls: Weighted = [
  [(w) => w.step('close', { fd: w.random.pick([-1, 999, 2000]) }), 3],
  [closeSome, 3],
  [(w) => w.step('dup', { fd: oddFd(w, 0.5) }, [w.name('d')]), 2],
  [
    (w) =>
      w.step('dup2', { fd: oddFd(w, 0.3), newfd: w.random.pick([1023, 1024, 50, 2000, 999, -1]) }, [
        w.name('d'),
      ]),
    2,
  ],
  [
    (w) => {
      const fd = oddFd(w, 0.3);
      const newfd = w.random.chance(0.3) ? fd : w.random.pick([50, 1023, -1, 1024]);
      w.step('dup3', { fd, newfd, flags: w.random.pick(['O_CLOEXEC', 1, 2048, 0]) });
    },
    3,
  ],
  [
    (w) =>
      w.step('fcntl', {
        fd: oddFd(w),
        cmd: 'F_DUPFD',
        arg: w.random.pick([1023, 100, 1024, -1, 0]),
      }),
    3,
  ],
  [(w) => w.step('fcntl', { fd: oddFd(w), cmd: w.random.pick(['F_GETFD', 'F_GETFL', 9999]) }), 3],
  [
    (w) =>
      w.step('ioctl', {
        fd: oddFd(w),
        request: w.random.pick(['FIONREAD', 'FIONREAD', 'FIONBIO']),
        arg: 1,
      }),
    2.5,
  ],
  [
    (w) =>
      w.step('shutdown', {
        fd: oddFd(w),
        how: w.random.pick([-1, 3, 'SHUT_RDWR', 'SHUT_RD', 'SHUT_WR']),
      }),
    3,
  ],
  [(w) => w.step('listen', { fd: oddFd(w), backlog: w.random.pick([-1, 5, 0]) }), 1.5],
  [(w) => w.step('bind', { fd: oddFd(w), port: w.random.pick([0, 4321, 4322]) }), 1.5],
  [
    (w) => {
      const fd = w.random.chance(0.3)
        ? w.random.pick(BAD_FDS)
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('connect', { fd, to: { port: w.random.pick([9, 4321]) } });
    },
    2,
  ],
  [
    (w) => {
      const fd = w.random.chance(0.3)
        ? w.random.pick(BAD_FDS)
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('accept4', {
        fd,
        flags: w.random.pick([0, 0, 'SOCK_NONBLOCK', 'SOCK_NONBLOCK', 1, 'SOCK_NONBLOCK|4']),
      });
    },
    2.5,
  ],
  [
    (w) => {
      const fd = w.random.chance(0.2)
        ? w.random.pick([-1, 999, 2000])
        : `$${w.random.pick(nonblocking(w)).name}`;
      w.step('read', { fd, len: w.random.pick([4, 4, 7, 8, 64, 0, 1]) });
    },
    3,
  ],
  [
    (w) =>
      w.step('recv', {
        fd: oddFd(w),
        len: w.random.pick([8, 0, 1]),
        flags: w.random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_DONTWAIT', 'MSG_PEEK|MSG_DONTWAIT']),
      }),
    2,
  ],
  [
    (w) =>
      w.step('send', {
        fd: oddFd(w),
        data: w.random.pick(['x', 'x', '']),
        flags: w.random.pick(['MSG_OOB|MSG_DONTWAIT', 'MSG_DONTWAIT']),
      }),
    2,
  ],
  [
    (w) => {
      const fd = `$${w.random.pick(nonblocking(w)).name}`;
      const what: Args = w.random.chance(0.6)
        ? { value: w.random.pick(['1', '0', '18446744073709551615', '18446744073709551614']) }
        : { data: w.random.pick(['x', 'short', '', 'longer than 8']) };
      w.step('write', { fd, ...what });
    },
    4,
  ],
  [
    (w) =>
      w.step('setsockopt', {
        fd: oddFd(w),
        level: w.random.pick(['SOL_SOCKET', 'SOL_SOCKET', 'IPPROTO_TCP', 99]),
        name: w.random.pick([
          'SO_REUSEADDR',
          'SO_RCVLOWAT',
          'SO_ERROR',
          'SO_KEEPALIVE',
          'SO_TYPE',
          'SO_ACCEPTCONN',
          999,
        ]),
        value: 1,
      }),
    2,
  ],
  [
    (w) =>
      w.step('getsockopt', {
        fd: oddFd(w),
        level: w.random.pick(['SOL_SOCKET', 'SOL_SOCKET', 'IPPROTO_TCP', 99]),
        name: w.random.pick(['SO_ERROR', 'SO_ERROR', 'SO_TYPE', 'SO_ACCEPTCONN', 999]),
      }),
    2.5,
  ],
  [
    (w) =>
      w.step('socket', {
        domain: w.random.pick(['AF_INET', 'AF_UNIX', 0, -1, 99]),
        type: w.random.pick([
          'SOCK_STREAM',
          'SOCK_DGRAM|SOCK_NONBLOCK',
          'SOCK_SEQPACKET',
          11,
          99,
          'SOCK_STREAM|0x100',
        ]),
        protocol: w.random.pick([0, 0, 'IPPROTO_UDP', 'IPPROTO_TCP', 300, 1]),
      }),
    3,
  ],
  [
    (w) =>
      w.step('socketpair', {
        domain: w.random.pick(['AF_UNIX', 'AF_INET', 99]),
        type: w.random.pick([9, 'SOCK_STREAM', 'SOCK_STREAM|0x1000', 'SOCK_DGRAM']),
      }),
    1.5,
  ],
  [(w) => w.step('pipe2', { flags: w.random.pick([-1, 2, 'O_NONBLOCK|1', 'O_CLOEXEC']) }), 1.5],
  [
    (w) =>
      w.step('eventfd2', {
        initval: w.random.pick([0, 1]),
        flags: w.random.pick([2, -1, 'EFD_NONBLOCK|4', 'EFD_CLOEXEC']),
      }),
    2,
  ],
  [(w) => w.step('epoll_create1', { flags: w.random.pick([2048, -1, 'EPOLL_CLOEXEC', 1]) }), 1.5],
  [(w) => w.step('epoll_create', { size: w.random.pick([0, -1, -2147483648, 1]) }), 1.5],
  [
    (w) =>
      w.step('timerfd_create', {
        clock: w.random.pick([99, -1, 6, 7, 4, 8]),
        flags: w.random.pick([0, 1, 'TFD_NONBLOCK']),
      }),
    2,
  ],
  [
    (w) =>
      w.step('timerfd_settime', {
        fd: oddFd(w, 0.4),
        flags: w.random.pick([0, -1, 4, 8]),
        value_ms: w.random.pick([0, -1, 100000]),
        interval_ms: w.random.pick([0, 100000, -1]),
      }),
    4,
  ],
  [(w) => w.poll(0), 2],
  [(w) => w.step('poll', { fds: [], timeout: 0 }), 0.7],
  [(w) => w.select(w.random.chance(0.3) ? -1 : 0), 2],
  [
    (w) =>
      w.step('select', {
        read: [`$${anyItem(w).name}`],
        write: [w.random.pick([999, 0, 1023])],
        except: [],
        timeout: 0,
      }),
    1,
  ],
  [
    (w) =>
      w.step('tgkill', {
        thread: 'main',
        signal: w.random.pick<string | number>([99, -1, 65, 0, 'SIGUSR1']),
      }),
    2,
  ],
];

const nonblocking = (world: World): Item[] => world.items.filter(({ file }) => file.nonblock);

const errors: Profile = (seed, name) => {
  const world = new World(new Random(seed));
  const { random } = world;
  world.epoll();
  if (random.chance(0.4)) world.epoll();
  const makers = random.shuffle<() => Item[]>([
    () => world.event(0.05),
    () => world.timer(),
    () => world.pipe(0),
    () => world.pair('SOCK_STREAM', 0),
    () => [world.listener(0)],
    () => messages(world),
  ]);
  for (const make of makers.slice(0, random.int(2, 4))) watchSome(world, make(), 0.4);
  if (random.chance(0.4) && world.of('listen').length > 0) connection(world, 0);
  if (random.chance(0.3)) freshSocket(world);
  const actions: Weighted = [
    [oddCtl, 34],
    [oddWait, 14],
    [(w) => w.random.weighted(oddCalls)(w), 34],
    [someTraffic, 4],
    [watchAgain, 4],
    [(w) => w.modify(), 2],
  ];
  act(world, actions, random.int(22, 42), 0.12);
  world.finish();
  return world.scenario(name);
};

const mixed: Profile = (seed, name) => {
  const random = new Random(seed);
  const world = new World(
    random,
    THREADS.slice(
      0,
      random.weighted([
        [1, 2],
        [2, 5],
        [3, 4],
      ]),
    ),
  );
  const sleepers = new Sleepers(world);
  for (let i = random.int(1, 2); i > 0; i--) world.epoll();
  if (random.chance(0.4)) {
    const listener = world.listener(0.25);
    if (random.chance(0.5)) world.watch(world.anyEpoll(), listener);
    connection(world, 0.3);
  }
  watchSome(world, source(world, 0.05), 0.8);
  const link: Action = (w) => {
    const [outer, inner] = w.random.shuffle(w.of('ep'));
    if (outer !== undefined && inner !== undefined) w.watch(outer, inner);
  };
  const actions: Weighted = [
    ...COMMON.map(([action, weight]) => [action, weight] as const),
    [(w) => blockingCall(w, sleepers), world.threads.length > 1 ? 6 : 0],
    [(w) => signal(w, sleepers), 2],
    [oddCtl, 3],
    [oddWait, 1],
    [link, 2],
    [(w) => void w.epoll(), 1],
    [(w) => connection(w, 0.3), 2],
    [acceptMore, 1],
    [refused, 0.5],
    [urgent, 2],
    [reset, 1],
    [socketOption, 2],
    [(w) => watchSome(w, messages(w)), 1],
  ];
  act(world, actions, random.int(20, 42), 0.5);
  world.finish();
  return world.scenario(name);
};

/** A scan that is held open in the copy of its first event, and what happens meanwhile. */
const held: Profile = (seed, name) => {
  const random = new Random(seed);
  const world = new World(
    random,
    THREADS.slice(
      0,
      random.weighted([
        [2, 4],
        [3, 5],
        [4, 1],
      ]),
    ),
  );
  const ep = world.epoll();
  const outer = random.chance(0.3) ? world.epoll() : undefined;
  for (let i = random.int(1, 4); i > 0; i--) {
    for (const item of source(world, 0)) if (random.chance(0.8)) world.watch(ep, item);
  }
  if (outer !== undefined) world.watch(outer, ep);
  const rounds = random.int(1, 3);
  const touch = (thread = 'main'): void => {
    const items = pollable(world);
    if (items.length > 0) world.traffic(random.pick(items), thread);
  };
  for (let round = 0; round < rounds; round++) {
    for (let i = random.int(1, 4); i > 0; i--) touch();
    if (random.chance(0.3)) world.modify();
    if (random.chance(0.2)) world.wait(ep);
    const target = outer !== undefined && random.chance(0.3) ? outer : ep;
    world.waitFor(target, random.chance(0.6) ? -1 : 0, 't1', undefined, { buffer: 'held' });
    for (let i = random.int(1, 5); i > 0; i--) touch();
    let other = false;
    if (world.threads.length > 2 && random.chance(0.8)) {
      other = true;
      const watched = world.watched.filter((one) => one.ep === ep.name);
      random.weighted<() => void>([
        [() => world.waitFor(ep, random.chance(0.7) ? 0 : -1, 't2'), 5],
        [() => world.modify('t2'), 3],
        [() => world.unwatch('t2'), 2],
        [
          () => {
            const items = pollable(world);
            if (items.length > 0) world.watch(ep, random.pick(items), 't2');
          },
          2,
        ],
        [
          () => {
            const one = watched.length > 0 ? world.find(random.pick(watched).fd) : undefined;
            if (one !== undefined && one.file.kind !== 'ep') world.close(one, 't2');
          },
          2,
        ],
        [() => world.poll(0, 't2'), 1],
        [() => outer !== undefined && world.wait(outer, undefined, 't2'), 2],
      ])();
    }
    if (world.threads.length > 3 && random.chance(0.5))
      world.waitFor(ep, random.chance(0.5) ? 0 : -1, 't3');
    for (let i = random.int(0, 3); i > 0; i--) touch();
    world.step('release', { thread: 't1' });
    world.wait(ep);
    if (random.chance(0.5)) world.wait(ep);
    if (other && random.chance(0.5)) touch();
    if (outer !== undefined && random.chance(0.5)) world.wait(outer);
  }
  world.finish();
  return world.scenario(name);
};

const PIPE_SIZES = [
  1, 100, 4095, 4096, 4097, 8192, 10000, 20000, 61440, 65535, 65536, 65537, 69632, 70000, 131072,
];
const SOCKET_SIZES = [
  1, 1000, 4096, 20000, 50000, 65536, 100000, 150000, 180000, 212992, 213000, 300000, 1048576,
];
const READ_SIZES = [
  1, 100, 1000, 4095, 4096, 4097, 8192, 10000, 20000, 50000, 65536, 100000, 150000, 212992, 1048576,
];

/** More than fits: full pipes and sockets, partial writes, when room is reported, blocked writers. */
const big: Profile = (seed, name) => {
  const random = new Random(seed);
  const world = new World(random, random.chance(0.5) ? ['main', 't1'] : ['main']);
  const ep = world.epoll();
  const blocking = world.threads.length > 1;
  const items: Item[] = [];
  for (let i = random.int(1, 2); i > 0; i--) {
    items.push(
      ...random.weighted<() => Item[]>([
        [() => world.pipe(blocking ? 0.7 : 0), 5],
        [() => world.pair('SOCK_STREAM', blocking ? 0.7 : 0), 5],
        [() => messages(world), 2],
      ])(),
    );
  }
  const mask = (item: Item): string | number =>
    item.file.kind === 'pipeR'
      ? random.pick(['EPOLLIN', 'EPOLLIN|EPOLLET'])
      : random.pick([
          'EPOLLOUT',
          'EPOLLOUT|EPOLLET',
          'EPOLLIN|EPOLLOUT|EPOLLET',
          'EPOLLOUT|EPOLLONESHOT',
          'EPOLLIN|EPOLLET',
        ]);
  for (const item of items) if (random.chance(0.85)) world.watch(ep, item, 'main', mask(item));
  const write = (item: Item, thread: string): void => {
    const fd = `$${item.name}`;
    const { kind, nonblock } = item.file;
    const bytes = random.pick(kind === 'pipeW' ? PIPE_SIZES : SOCKET_SIZES);
    if (thread === 'main' && !nonblock) {
      if (kind === 'pipeW') return;
      world.step('send', { fd, bytes, flags: 'MSG_DONTWAIT' });
    } else if (kind !== 'pipeW' && random.chance(0.3)) {
      world.step(
        'send',
        { fd, bytes: thread === 'main' ? bytes : random.pick([bytes, 1000000, 4000000]), flags: 0 },
        undefined,
        thread,
      );
    } else world.step('write', { fd, bytes }, undefined, thread);
    if (item.file.peer !== null) item.file.peer.queued += bytes;
  };
  const read = (item: Item): void => {
    const fd = `$${item.name}`;
    const len = random.pick(READ_SIZES);
    const socket = item.file.kind !== 'pipeR';
    if (socket && random.chance(0.25)) {
      world.step('recv', {
        fd,
        len,
        flags: random.pick(['MSG_DONTWAIT', 'MSG_PEEK|MSG_DONTWAIT', 'MSG_WAITALL|MSG_DONTWAIT']),
      });
    } else if (item.file.nonblock || item.file.queued > 0) world.step('read', { fd, len });
    else return;
    item.file.queued = Math.max(0, item.file.queued - len);
  };
  const writers = (): Item[] =>
    world.items.filter(({ file }) => ['pipeW', 'stream', 'message'].includes(file.kind));
  const readers = (): Item[] =>
    world.items.filter(({ file }) => ['pipeR', 'stream', 'message'].includes(file.kind));
  const asleep = { since: -10 };
  const actions: Weighted = [
    [
      (w) => {
        const list = writers();
        if (list.length > 0) write(w.random.pick(list), 'main');
      },
      12,
    ],
    [
      () => {
        const list = readers();
        if (list.length > 0) read(random.pick(list));
      },
      12,
    ],
    [
      (w) => {
        const list = writers().filter(({ file }) => !file.nonblock);
        if (!blocking || list.length === 0 || w.steps.length - asleep.since < 5) return;
        asleep.since = w.steps.length;
        write(w.random.pick(list), 't1');
      },
      blocking ? 14 : 0,
    ],
    [(w) => w.poll(0), 2],
    [(w) => w.select(0), 1],
    [
      (w) => {
        const item = anyItem(w);
        if (item.file.kind !== 'ep') w.step('ioctl', { fd: `$${item.name}`, request: 'FIONREAD' });
      },
      2,
    ],
    [(w) => w.modify(), 1.5],
    [watchAgain, 1],
    [shutSome, 0.5],
    [closeSome, 0.7],
    [someTraffic, 3],
    [(w) => blocking && w.step('tgkill', { thread: 't1', signal: 'SIGUSR1' }), blocking ? 0.5 : 0],
  ];
  act(world, actions, random.int(14, 30), 0.75);
  world.finish();
  return world.scenario(name);
};

/** The virtual clock of a scenario, and the moments at which something is going to happen. */
class Clock {
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

const DURATIONS = [30, 40, 60, 90, 100, 120, 150, 180, 210, 240, 270];

function clearDuration(world: World, clock: Clock): number | undefined {
  return world.random.shuffle(DURATIONS).find((ms) => clock.clear(ms));
}

function sleep(world: World, clock: Clock): void {
  const ms = clearDuration(world, clock);
  if (ms === undefined) return;
  world.step('sleep', { ms });
  clock.now += ms;
}

function timerScene(world: World, clock: Clock): void {
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

const WAITS = [20, 30, 50, 60, 100, 120, 150, 210, 240];

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
  const timeouts = random.shuffle(WAITS);
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
      world.step('tgkill', { thread: 't1', signal: random.pick(SIGNALS) });
    }
    if (random.chance(0.5)) sleep(world, clock);
    world.step('sleep', { ms: 270 });
  }
  world.wait(ep);
  clock.forget();
}

const time: Profile = (seed, name) => {
  const random = new Random(seed);
  const world = new World(random, ['main', 't1', 't2']);
  const clock = new Clock();
  for (let i = random.int(2, 3); i > 0; i--) {
    if (random.chance(0.5)) timerScene(world, clock);
    else timeoutScene(world, clock);
  }
  return world.scenario(name);
};

export const PROFILES: Readonly<Record<string, Profile>> = {
  basic,
  classic,
  dgram,
  errors,
  mixed,
  nested,
  tcp,
  threads,
  time,
  held,
  big,
};
