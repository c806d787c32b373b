/** Scenarios as documents: their types, and what can be found wrong with one before it runs. */
import * as abi from './abi.ts';

export type Arg = number | string | null | readonly Arg[] | { readonly [key: string]: Arg };
export type Args = Readonly<Record<string, Arg>>;

export interface Step {
  readonly thread?: string;
  readonly call: string;
  readonly args: Args;
  readonly bind?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly about?: string;
  readonly threads?: readonly string[];
  readonly steps: readonly Step[];
}

export class ScenarioError extends Error {}

/** One argument of a call: what it may be, and whether it may be absent. */
interface ArgSpec {
  readonly kind: 'fd' | 'fds' | 'int' | 'bytes' | 'number' | 'text' | 'decimal' | 'null' | 'buffer';
  readonly also?: 'null';
  readonly optional?: true;
  readonly names?: abi.Flags;
}
interface OtherSpec {
  readonly kind: 'pollfds' | 'target' | 'thread' | 'signals';
  readonly also?: 'null';
  readonly optional?: true;
  readonly names?: abi.Flags;
}
type Spec = ArgSpec | OtherSpec;

interface CallSpec {
  readonly args: Readonly<Record<string, Spec>>;
  readonly binds: 0 | 1 | 2;
}

const fd: Spec = { kind: 'fd' };
const int: Spec = { kind: 'int' };
const size: Spec = { kind: 'bytes' };
const word = (names: abi.Flags): Spec => ({ kind: 'number', names });
const optional = (spec: Spec): Spec => ({ ...spec, optional: true });
const orNull = (spec: Spec): Spec => ({ ...spec, also: 'null', optional: true });
const call = (args: Readonly<Record<string, Spec>>, binds: 0 | 1 | 2 = 0): CallSpec => ({
  args,
  binds,
});

const buffer = optional({ kind: 'buffer' });
const sigmask = orNull({ kind: 'signals' });
const fdList = optional({ kind: 'fds' });
const payload = {
  data: optional({ kind: 'text' }),
  bytes: optional(size),
  value: optional({ kind: 'decimal' }),
} as const;

export const CALLS: Readonly<Record<string, CallSpec>> = {
  epoll_create: call({ size: int }, 1),
  epoll_create1: call({ flags: optional(word(abi.EPOLL_CREATE)) }, 1),
  epoll_ctl: call({
    epfd: fd,
    op: word(abi.EPOLL_OPS),
    fd,
    events: optional(word(abi.EPOLL_EVENTS)),
    data: optional(int),
    event: optional({ kind: 'null' }),
  }),
  epoll_wait: call({ epfd: fd, maxevents: int, timeout: int, buffer }),
  epoll_pwait: call({ epfd: fd, maxevents: int, timeout: int, sigmask, buffer }),
  epoll_pwait2: call({ epfd: fd, maxevents: int, timeout_ns: orNull(int), sigmask, buffer }),
  poll: call({ fds: { kind: 'pollfds' }, timeout: int }),
  select: call({ read: fdList, write: fdList, except: fdList, timeout: orNull(int) }),
  socket: call(
    {
      domain: word(abi.DOMAINS),
      type: word(abi.SOCKET_TYPES),
      protocol: optional(word(abi.PROTOCOLS)),
    },
    1,
  ),
  socketpair: call({ domain: word(abi.DOMAINS), type: word(abi.SOCKET_TYPES) }, 2),
  bind: call({ fd, port: int }),
  listen: call({ fd, backlog: int }),
  connect: call({ fd, to: { kind: 'target' } }),
  accept4: call({ fd, flags: optional(word(abi.SOCKET_TYPES)) }, 1),
  shutdown: call({ fd, how: word(abi.SHUTDOWN) }),
  read: call({ fd, len: size }),
  recv: call({ fd, len: size, flags: optional(word(abi.MESSAGE)) }),
  write: call({ fd, ...payload }),
  send: call({ fd, ...payload, flags: optional(word(abi.MESSAGE)) }),
  setsockopt: call({ fd, level: word(abi.LEVELS), name: word(abi.OPTIONS), value: int }),
  getsockopt: call({ fd, level: word(abi.LEVELS), name: word(abi.OPTIONS) }),
  pipe2: call({ flags: optional(word(abi.OPEN_FLAGS)) }, 2),
  eventfd2: call({ initval: int, flags: optional(word(abi.EVENTFD)) }, 1),
  timerfd_create: call({ clock: word(abi.CLOCKS), flags: optional(word(abi.TIMERFD)) }, 1),
  timerfd_settime: call({
    fd,
    flags: optional(word(abi.TIMERFD_SETTIME)),
    value_ms: int,
    interval_ms: optional(int),
  }),
  dup: call({ fd }, 1),
  dup2: call({ fd, newfd: fd }, 1),
  dup3: call({ fd, newfd: fd, flags: optional(word(abi.OPEN_FLAGS)) }, 1),
  close: call({ fd }),
  fcntl: call({ fd, cmd: word(abi.FCNTL), arg: optional(word(abi.OPEN_FLAGS)) }, 1),
  ioctl: call({ fd, request: word(abi.IOCTLS), arg: optional(int) }),
  tgkill: call({ thread: { kind: 'thread' }, signal: word(abi.SIGNALS) }),
  release: call({ thread: { kind: 'thread' } }),
  sleep: call({ ms: int }),
};

const MAX_BYTES = 16 * 1024 * 1024;
const STEP_KEYS = new Set(['thread', 'call', 'args', 'bind', 'about']);

/** A flag word as a number; throws with the unknown name. */
export function flagWord(value: number | string, names: abi.Flags): number {
  if (typeof value === 'number') return value;
  let bits = 0n;
  for (const name of value.split('|')) {
    const bit = names[name] ?? (/^(0x[0-9a-f]+|\d+)$/i.test(name) ? Number(name) : undefined);
    if (bit === undefined) throw new ScenarioError(`unknown flag "${name}"`);
    bits |= BigInt(bit);
  }
  return Number(bits);
}

const isName = (value: Arg): value is string => typeof value === 'string' && value.startsWith('$');
const isFd = (value: Arg): boolean => Number.isSafeInteger(value) || isName(value);

function fits(value: Arg, spec: Spec, threads: readonly string[]): boolean {
  if (spec.also === 'null' && value === null) return true;
  switch (spec.kind) {
    case 'fd':
      return isFd(value);
    case 'fds':
      return (
        Array.isArray(value) &&
        value.every((one: Arg) => isName(one) || (Number.isInteger(one) && inSet(one as number)))
      );
    case 'int':
      return Number.isSafeInteger(value);
    case 'bytes':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_BYTES;
    case 'number':
      if (typeof value === 'string') flagWord(value, spec.names ?? {});
      return Number.isSafeInteger(value) || typeof value === 'string';
    case 'text':
      return typeof value === 'string';
    case 'decimal':
      if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0;
      return typeof value === 'string' && /^\d+$/.test(value) && BigInt(value) < 1n << 64n;
    case 'null':
      return value === null;
    case 'buffer':
      return value === 'bad' || value === 'held';
    case 'pollfds':
      return Array.isArray(value) && value.every((entry: Arg) => isPollfd(entry));
    case 'target':
      return isName(value) || Number.isInteger(value) || isPort(value);
    case 'thread':
      if (typeof value !== 'string') return false;
      if (!threads.includes(value)) throw new ScenarioError(`unknown thread "${value}"`);
      return true;
    case 'signals':
      return Array.isArray(value) && value.every((name: Arg) => isSignal(name));
  }
}

const inSet = (value: number): boolean => value >= 0 && value < 1024;

function isPollfd(entry: Arg): boolean {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return false;
  const { fd: descriptor, events, ...rest } = entry as Record<string, Arg>;
  if (Object.keys(rest).length > 0 || descriptor === undefined || events === undefined)
    return false;
  if (typeof events === 'string') flagWord(events, abi.POLL_EVENTS);
  return isFd(descriptor) && (typeof events === 'string' || Number.isInteger(events));
}

function isPort(value: Arg): boolean {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return false;
  const { port, ...rest } = value as Record<string, Arg>;
  return Object.keys(rest).length === 0 && Number.isInteger(port);
}

function isSignal(name: Arg): boolean {
  if (typeof name !== 'string') return false;
  if (abi.SIGNALS[name] === undefined) throw new ScenarioError(`unknown flag "${name}"`);
  return true;
}

function checkStep(step: Step, threads: readonly string[]): void {
  for (const key of Object.keys(step)) {
    if (!STEP_KEYS.has(key)) throw new ScenarioError(`unknown key "${key}"`);
  }
  const spec = CALLS[step.call];
  if (spec === undefined) throw new ScenarioError(`unknown call "${step.call}"`);
  if (step.thread !== undefined && !threads.includes(step.thread)) {
    throw new ScenarioError(`unknown thread "${step.thread}"`);
  }
  const args = step.args ?? {};
  for (const [name, value] of Object.entries(args)) {
    const one = spec.args[name];
    if (one === undefined) throw new ScenarioError(`unknown argument "${name}"`);
    if (!fits(value, one, threads)) throw new ScenarioError(`bad argument "${name}"`);
  }
  for (const [name, one] of Object.entries(spec.args)) {
    if (one.optional !== true && args[name] === undefined) {
      throw new ScenarioError(`missing argument "${name}"`);
    }
  }
  if (step.call === 'write' || step.call === 'send') {
    const given = ['data', 'bytes', 'value'].filter((name) => args[name] !== undefined);
    if (given.length === 0) throw new ScenarioError('missing argument "data"');
    if (given.length > 1) throw new ScenarioError(`bad argument "${given[1]}"`);
  }
  if (step.bind !== undefined && step.bind.length !== spec.binds) {
    throw new ScenarioError(`"bind" takes ${spec.binds} names`);
  }
}

/** Parses one line of NDJSON; throws a `ScenarioError` that says what is wrong with it. */
export function parseScenario(line: string): Scenario {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (error) {
    throw new ScenarioError(`not JSON: ${(error as Error).message}`);
  }
  const scenario = parsed as Scenario;
  if (typeof scenario !== 'object' || scenario === null || !Array.isArray(scenario.steps)) {
    throw new ScenarioError('no "steps"');
  }
  return scenario;
}

/** Throws a `ScenarioError` for what is wrong with the steps before anything runs. */
export function checkScenario(scenario: Scenario): void {
  const threads = threadsOf(scenario);
  scenario.steps.forEach((step, index) => {
    try {
      checkStep(step, threads);
    } catch (error) {
      if (!(error instanceof ScenarioError)) throw error;
      throw new ScenarioError(`step ${index}: ${error.message}`);
    }
  });
}

export const threadsOf = (scenario: Scenario): readonly string[] => scenario.threads ?? ['main'];

/** Whether a call made with these arguments ends by itself after a finite time. */
export function isTimed(step: Step): boolean {
  const { timeout, timeout_ns } = step.args;
  switch (step.call) {
    case 'epoll_wait':
    case 'epoll_pwait':
    case 'poll':
      return typeof timeout === 'number' && timeout >= 0;
    case 'select':
      return typeof timeout === 'number';
    case 'epoll_pwait2':
      return typeof timeout_ns === 'number';
    case 'sleep':
      return true;
    default:
      return false;
  }
}
