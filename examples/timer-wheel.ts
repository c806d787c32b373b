/**
 * Idle connections are closed, by a timer wheel on one timerfd.
 *
 * A timer for each connection would cost a system call whenever something comes. A wheel costs
 * none: its slots stand for the next so many ticks, a connection stands in the slot of the tick
 * at which its time is over, and what comes from it moves it to another slot. At each tick the
 * wheel turns by one slot, and whoever is still in there is closed. read() of a timerfd says how
 * many ticks have gone by, so a server that was busy for a while turns its wheel that far.
 */
import {
  CLOCK_MONOTONIC,
  type Code,
  EPOLL_CTL_ADD,
  EPOLLIN,
  type Program,
  type Sys,
  TFD_NONBLOCK,
} from 'epollsim';
import {
  acceptAll,
  connectTo,
  listenOn,
  loopback,
  ms,
  now,
  type Print,
  sendAll,
} from './common.ts';

const address = loopback(8000);
const tickMs = 100;
/** A connection is closed after more than `idleTicks - 1` and at most `idleTicks` ticks. */
const idleTicks = 5;

/** Which connections are to be closed at each of the next ticks. */
class Wheel {
  /** Their time is over. */
  readonly overdue = new Set<number>();
  private readonly slots = Array.from({ length: idleTicks + 1 }, () => new Set<number>());
  private readonly slotOf = new Map<number, Set<number>>();
  private now = 0;

  /** From now on it has its full time again. */
  touch(fd: number): void {
    this.put(fd, this.slots[(this.now + idleTicks) % this.slots.length] as Set<number>);
  }

  private put(fd: number, slot: Set<number>): void {
    this.remove(fd);
    slot.add(fd);
    this.slotOf.set(fd, slot);
  }

  remove(fd: number): void {
    this.slotOf.get(fd)?.delete(fd);
    this.slotOf.delete(fd);
  }

  turn(): void {
    this.now = (this.now + 1) % this.slots.length;
    for (const fd of [...(this.slots[this.now] as Set<number>)]) this.put(fd, this.overdue);
  }
}

/** `busyMs` is how long what comes keeps the server from looking at anything else. */
export const server = (listener: number, busyMs: number): Program =>
  function* (sys) {
    const ep = yield* sys.epoll_create1(0);
    const timer = yield* sys.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    yield* sys.timerfd_settime(timer, 0, { it_interval: ms(tickMs), it_value: ms(tickMs) });
    for (const fd of [listener, timer]) {
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
    }
    const wheel = new Wheel();
    for (;;) {
      const ready = (yield* sys.epoll_wait(ep, 64, -1)).map(({ data }) => Number(data));
      // First the wheel, so that what has come counts from now; last those from whom nothing has.
      if (ready.includes(timer)) yield* tick(sys, timer, wheel);
      for (const fd of ready) {
        if (fd !== listener && fd !== timer) yield* serve(sys, fd, wheel, busyMs);
      }
      for (const fd of [...wheel.overdue]) yield* drop(sys, fd, wheel);
      if (!ready.includes(listener)) continue;
      for (const fd of yield* acceptAll(sys, listener)) {
        wheel.touch(fd);
        yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
      }
    }
  };

/** Turns the wheel by as many slots as there were ticks. */
function* tick(sys: Sys, timer: number, wheel: Wheel): Code<void> {
  const expirations = new BigUint64Array(1);
  yield* sys.read(timer, new Uint8Array(expirations.buffer));
  for (let i = 0n; i < (expirations[0] as bigint); i++) wheel.turn();
}

function* serve(sys: Sys, fd: number, wheel: Wheel, busyMs: number): Code<void> {
  const n = yield* sys.read(fd, new Uint8Array(64));
  if (n <= 0) return yield* drop(sys, fd, wheel);
  wheel.touch(fd);
  if (busyMs > 0) yield* sys.nanosleep(ms(busyMs));
}

function* drop(sys: Sys, fd: number, wheel: Wheel): Code<void> {
  wheel.remove(fd);
  yield* sys.close(fd);
}

/** Says something at each of `times`, and is closed; when that was, in ms from the connection. */
export function* closedAfter(sys: Sys, times: readonly number[]): Code<number> {
  const start = yield* now(sys);
  const fd = yield* connectTo(sys, address);
  for (const at of times) {
    yield* sys.nanosleep(ms(start + at - (yield* now(sys))));
    yield* sendAll(sys, fd, '.');
  }
  const n = yield* sys.read(fd, new Uint8Array(1));
  sys.assert(n === 0, 'the server closes');
  const after = Math.round((yield* now(sys)) - start);
  yield* sys.close(fd);
  return after;
}

export const example = (print: Print): Program =>
  function* (sys) {
    const listener = yield* listenOn(sys, address);
    yield* sys.pthread_create(server(listener, 0), 'server');
    const threads: number[] = [];
    for (const times of [[], [50], [450], [300, 600, 900, 1200]]) {
      threads.push(
        yield* sys.pthread_create(function* (sys) {
          const after = yield* closedAfter(sys, times);
          const said = times.length === 0 ? 'nothing' : `something at ${times.join(', ')} ms`;
          print(`said ${said}, closed at ${after} ms`);
        }),
      );
    }
    for (const tid of threads) yield* sys.pthread_join(tid);
  };

export default example(console.log);
