import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  AF_UNIX,
  type Code,
  EPIOCSPARAMS,
  EPOLL_CTL_ADD,
  EPOLL_CTL_MOD,
  EPOLLIN,
  Machine,
  SO_BUSY_POLL,
  SO_INCOMING_NAPI_ID,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  type Sys,
} from '../../src/index.ts';
import { accepted, connected, datagrams, ms, type Pair, pair } from '../support/hosts.ts';
import { Recorder } from '../support/trace.ts';

/** `a` says something every 10 ms, `times` times; `b` runs `serve` on the connection. */
function talk<T>(
  { machine, a, b }: Pair,
  times: number,
  serve: (sys: Sys, fd: number) => Code<T>,
): T | undefined {
  const served = machine.spawn(
    function* (sys) {
      return yield* serve(sys, yield* accepted(sys, b, 80));
    },
    { host: b, name: 'server' },
  );
  machine.spawn(
    function* (sys) {
      const fd = yield* connected(sys, b, 80);
      for (let i = 0; i < times; i++) {
        yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 10 * ms });
        yield* sys.write(fd, 'x');
      }
    },
    { host: a },
  );
  machine.run();
  return served.result?.how === 'returned' ? served.result.value : undefined;
}

const paramsOf = (busy_poll_usecs: number) => ({
  busy_poll_usecs,
  busy_poll_budget: 8,
  prefer_busy_poll: 0,
  __pad: 0,
});

function* watching(sys: Sys, fd: number, busy_poll_usecs: number): Code<number> {
  const ep = yield* sys.epoll_create1(0);
  sys.assert((yield* sys.ioctl(ep, EPIOCSPARAMS, paramsOf(busy_poll_usecs))) === 0, 'set');
  yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN, data: fd });
  return ep;
}

/** How often epoll_wait() was told something, and in which functions packets were taken. */
function listen(busy_poll_usecs: number): { told: number | undefined; seen: string[] } {
  const tracer = new Recorder();
  const told = talk(pair({ latency_ns: ms }, { tracer }), 3, function* (sys, fd) {
    const ep = yield* watching(sys, fd, busy_poll_usecs);
    let count = 0;
    for (; count < 3; count++) {
      yield* sys.epoll_wait(ep, 1, -1);
      yield* sys.read(fd, new Uint8Array(9));
    }
    return count;
  });
  return { told, seen: [...tracer.calls, ...tracer.notes] };
}

describe('busy polling', () => {
  /** man epoll_ioctl: the time for which the device is asked instead of waited for. */
  test('epoll_wait asks the device of its socket for packets', () => {
    const { told, seen } = listen(50_000);

    expect(told).toBe(3);
    expect(seen).toContain('napi_busy_loop: packets without an interrupt');
  });

  test('epoll_wait waits for the interrupt if it is not told to poll', () => {
    const { told, seen } = listen(0);

    expect(told).toBe(3);
    expect(seen).not.toContain('napi_busy_loop');
  });

  /** Then it sleeps, and the device interrupts as ever. */
  test('epoll_wait sleeps once its time is up', () => {
    const { told, seen } = listen(100);

    expect(told).toBe(3);
    expect(seen).toContain('napi_busy_loop');
    expect(seen).not.toContain('napi_busy_loop: packets without an interrupt');
  });

  /** socket(7), SO_INCOMING_NAPI_ID: by which threads are given their connections. */
  test('SO_INCOMING_NAPI_ID tells the links of a host apart, and knows none of the loopback device', () => {
    const made = pair();
    const { machine, b } = made;
    const c = machine.host('c');
    machine.link(c, b);
    const ids: number[] = [];
    const ask = function* (sys: Sys, fd: number): Code<void> {
      ids.push((yield* sys.getsockopt(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID)).value);
    };
    for (const [i, host] of [made.a, c, b].entries()) {
      machine.spawn(
        function* (sys) {
          yield* ask(sys, yield* accepted(sys, b, 80 + i));
        },
        { host: b },
      );
      machine.spawn((sys) => connected(sys, b, 80 + i), { host });
    }

    machine.run();

    expect(ids.sort((x, y) => x - y)).toEqual([0, 8194, 8196]);
  });

  /** Who owns the instance has the packets of all its sockets, so time has to pass for everybody. */
  test('epoll_wait ends its loop in time although the parameters change meanwhile', () => {
    const { machine, a, b } = pair({ latency_ns: ms });
    const waited = machine.spawn(
      function* (sys) {
        const fd = yield* accepted(sys, b, 80);
        const ep = yield* watching(sys, fd, 1000);
        yield* sys.read(fd, new Uint8Array(9));
        yield* sys.pthread_create(function* (sys) {
          yield* sys.nanosleep({ tv_sec: 0, tv_nsec: ms / 2 });
          const params = { ...paramsOf(5000), prefer_busy_poll: 1 };
          yield* sys.ioctl(ep, EPIOCSPARAMS, params);
        });
        const start = machine.now_ns;
        yield* sys.epoll_wait(ep, 1, 1);
        return (machine.now_ns - start) / ms;
      },
      { host: b },
    );
    machine.spawn(
      function* (sys) {
        yield* sys.write(yield* connected(sys, b, 80), 'x');
        yield* sys.nanosleep({ tv_sec: 1, tv_nsec: 0 });
      },
      { host: a },
    );

    machine.run();

    const value = waited.result?.how === 'returned' ? waited.result.value : 0;
    expect(value).toBeGreaterThan(5);
    expect(value).toBeLessThan(6);
  });

  /** What comes faster than it is taken is left to the softirq at the end: nothing is forgotten. */
  test('packets beyond the budget of a loop are received', () => {
    const tracer = new Recorder();
    const { machine, a, b } = pair({ latency_ns: ms }, { tracer });
    const read = machine.spawn(
      function* (sys) {
        const fd = yield* datagrams(sys, b, 9);
        yield* sys.read(fd, new Uint8Array(9));
        yield* sys.setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, 50_000);
        let count = 0;
        while (count < 40 && (yield* sys.read(fd, new Uint8Array(9))) > 0) count++;
        return count;
      },
      { host: b },
    );
    machine.spawn(
      function* (sys) {
        const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
        yield* sys.connect(fd, b.sockaddr(9));
        yield* sys.write(fd, 'first');
        yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 10 * ms });
        for (let i = 0; i < 40; i++) yield* sys.write(fd, 'x');
      },
      { host: a },
    );

    machine.run();

    expect(read.result).toEqual({ how: 'returned', value: 40 });
    expect(tracer.notes).toContain('napi_busy_loop: packets without an interrupt');
  });

  /** The kernel's own bit leaks out to whoever asks for it. Verified on 6.18. */
  test('a socket with SO_BUSY_POLL is ready for whoever waits for POLL_BUSY_LOOP', () => {
    const machine = new Machine();
    const bit = 0x8000;
    const seen = machine.spawn(function* (sys) {
      const [fd] = yield* sys.socketpair(AF_UNIX, SOCK_STREAM);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | bit, data: 0 });
      const before = yield* sys.epoll_wait(ep, 1, 0);
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, 50);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, { events: EPOLLIN | bit, data: 0 });
      return [[...before], [...(yield* sys.epoll_wait(ep, 1, 0))]];
    });

    machine.run();

    expect(seen.result).toEqual({ how: 'returned', value: [[], [{ events: bit, data: 0 }]] });
  });

  /** socket(7), SO_BUSY_POLL: the same for a read that blocks. */
  test('a read polls the device for as long as SO_BUSY_POLL says', () => {
    const tracer = new Recorder();
    const read = talk(pair({ latency_ns: ms }, { tracer }), 1, function* (sys, fd) {
      yield* sys.setsockopt(fd, SOL_SOCKET, SO_BUSY_POLL, 50_000);
      return yield* sys.read(fd, new Uint8Array(9));
    });

    expect(read).toBe(1);
    expect(tracer.notes).toContain('napi_busy_loop: packets without an interrupt');
  });
});
