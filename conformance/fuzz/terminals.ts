/** Actions on a pseudo-terminal: both of its sides, their settings, and who watches them. */
import type { Action } from './actions.ts';
import type { Item, World } from './world.ts';

const typed = [
  'a',
  'ab',
  'hello\n',
  'two\nlines\n',
  'a\tb\n',
  '\n',
  '\r',
  '\u0003',
  'ab\u0003cd\n',
  '\u0004',
  'ab\u0004',
  'ab\u007f\u007f',
  'a b_c\u0017',
  'abc\u0015d\n',
  '\u0016\u0003\n',
  'ab\u0012',
  '\u0013',
  '\u0011',
  '\u00e4\u007f\n',
] as const;

/** A master that can be opened from the other side, and is in an epoll of its own. */
export function terminal(world: World): Item {
  const name = world.name('m');
  world.step('open', { path: '/dev/ptmx', flags: 'O_RDWR|O_NOCTTY|O_NONBLOCK' }, [name]);
  if (world.random.chance(0.95)) {
    world.step('ioctl', { fd: `$${name}`, request: 'TIOCSPTLCK', arg: 0 });
  }
  return world.add(name, 'ptm', true);
}

const one = (world: World, ...kinds: ('ptm' | 'pts')[]): Item | undefined =>
  world.random.shuffle(world.of(...kinds))[0];

/** The slave, once more. Only threads that may sleep use what blocks. */
export function openSlave(world: World, blocking: boolean): Item | undefined {
  const master = one(world, 'ptm');
  if (master === undefined) return undefined;
  const name = world.name('s');
  const arg = blocking ? 'O_RDWR|O_NOCTTY' : 'O_RDWR|O_NOCTTY|O_NONBLOCK';
  world.step('ioctl', { fd: `$${master.name}`, request: 'TIOCGPTPEER', arg }, [name]);
  return world.add(name, 'pts', !blocking);
}

/** One that does not block. */
function someSide(world: World): Item | undefined {
  const sides = world.of('ptm', 'pts').filter(({ file }) => file.nonblock);
  return world.random.shuffle(sides)[0];
}

export const writeSide: Action = (world) => {
  const item = someSide(world);
  if (item === undefined) return;
  const { random } = world;
  const fd = `$${item.name}`;
  if (random.chance(0.1)) world.step('write', { fd, bytes: random.pick([1, 100, 255, 1000]) });
  else world.step('write', { fd, data: random.pick(typed) });
};

export const readSide: Action = (world) => {
  const item = someSide(world);
  if (item === undefined) return;
  world.step('read', { fd: `$${item.name}`, len: world.random.pick([64, 64, 200, 3, 1, 0, 4096]) });
};

const inputs = ['ICRNL', 'IXON', 'INLCR', 'IGNCR', 'IXANY', 'ISTRIP', 'PARMRK', 'IUTF8'] as const;
const outputs = ['OPOST', 'ONLCR', 'OCRNL', 'ONOCR', 'ONLRET', 'OLCUC', 'XTABS'] as const;
const locals = [
  'ISIG',
  'ICANON',
  'ECHO',
  'ECHOE',
  'ECHOK',
  'ECHOKE',
  'ECHOCTL',
  'ECHONL',
  'ECHOPRT',
  'NOFLSH',
  'IEXTEN',
  'EXTPROC',
] as const;

export const setTerminal: Action = (world) => {
  const item = one(world, 'ptm', 'pts', 'pts');
  if (item === undefined) return;
  const { random } = world;
  const some = (names: readonly string[]): string | number =>
    names.filter(() => random.chance(0.4)).join('|') || 0;
  const shape = random.pick(['raw', 'raw', 'cooked', 'some']);
  const fd = `$${item.name}`;
  const actions = random.pick([0, 0, 'TCSADRAIN', 'TCSAFLUSH']);
  const min = random.pick([1, 1, 0, 3]);
  if (shape === 'raw') world.step('tcsetattr', { fd, actions, min });
  else if (shape === 'cooked') {
    const lflag = 'ISIG|ICANON|ECHO|ECHOE|ECHOK|ECHOCTL|ECHOKE|IEXTEN';
    world.step('tcsetattr', { fd, actions, iflag: 'ICRNL|IXON', oflag: 'OPOST|ONLCR', lflag });
  } else {
    const [iflag, oflag, lflag] = [some(inputs), some(outputs), some(locals)];
    world.step('tcsetattr', { fd, actions, iflag, oflag, lflag, min });
  }
};

export const controlTerminal: Action = (world) => {
  const item = one(world, 'ptm', 'pts');
  if (item === undefined) return;
  const { random } = world;
  const [request, arg] = random.pick([
    ['TCFLSH', 'TCIFLUSH'],
    ['TCFLSH', 'TCOFLUSH'],
    ['TCFLSH', 'TCIOFLUSH'],
    ['TCXONC', 'TCOOFF'],
    ['TCXONC', 'TCOON'],
    ['TCXONC', 'TCOON'],
    ['TCXONC', 'TCIOFF'],
    ['TCXONC', 'TCION'],
    ['TIOCPKT', 1],
    ['TIOCPKT', 1],
    ['TIOCPKT', 0],
    ['TIOCGPTN', 0],
    ['TIOCSPTLCK', 1],
    ['TIOCSPTLCK', 0],
    ['FIONREAD', 0],
    ['FIONREAD', 0],
    ['SIOCOUTQ', 0],
  ] as const);
  world.step('ioctl', { fd: `$${item.name}`, request, arg });
};

/** A reader that sleeps until there is a line, or until the terminal is hung up. */
export const sleepInRead: Action = (world) => {
  const [thread] = world.threads.slice(1);
  const item = world.of('pts').find(({ file }) => !file.nonblock);
  if (thread === undefined || item === undefined) return;
  world.step('read', { fd: `$${item.name}`, len: 64 }, undefined, thread);
};
