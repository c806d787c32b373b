/** Errors that come back over a link. What is expected was seen on 6.18, between two veth devices. */
import { describe, expect, test } from 'vitest';
import {
  AF_INET,
  type Code,
  type cmsghdr,
  ECONNREFUSED,
  EHOSTUNREACH,
  EPOLL_CTL_ADD,
  EPOLLERR,
  EPOLLET,
  EPOLLIN,
  IP_RECVERR,
  IPPROTO_IP,
  MSG_ERRQUEUE,
  SO_ERROR,
  SOCK_DGRAM,
  SOL_SOCKET,
  type Sys,
  type sockaddr,
} from '../../../src/index.ts';
import { ms, type Pair, pair } from '../../support/hosts.ts';

/** What goes with a packet of the error queue. */
interface Told {
  readonly ee: { readonly ee_errno: number; readonly ee_type: number; readonly ee_code: number };
  readonly offender: sockaddr;
}

const nobody: sockaddr = { family: AF_INET, addr: 0x0a000063, port: 9 };

/** What `a` is told of a datagram to `peer`: events, when, SO_ERROR, the next send, the error queue. */
function sendTo(
  { machine, a }: Pair,
  peer: sockaddr,
  { recverr = false, connect = true } = {},
): unknown {
  const told = machine.spawn(
    function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
      if (recverr) yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
      if (connect) yield* sys.connect(fd, peer);
      const ep = yield* sys.epoll_create1(0);
      yield* sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, { events: EPOLLIN | EPOLLET, data: 0 });
      if (connect) yield* sys.write(fd, 'x');
      else yield* sys.sendto(fd, 'x', 0, peer);
      const events = [...(yield* sys.epoll_wait(ep, 1, 5000))].map((event) => event.events);
      const at = machine.now_ns / ms - 1000;
      return { events, at, ...(yield* errorsOf(sys, fd)) };
    },
    { host: a },
  );
  machine.run();
  return told.result?.how === 'returned' ? told.result.value : told.result;
}

function* errorsOf(sys: Sys, fd: number): Code<{ error: number; queued: unknown }> {
  const error = (yield* sys.getsockopt(fd, SOL_SOCKET, SO_ERROR)).value;
  const msg = { msg_iov: [new Uint8Array(9)], msg_control: [] as cmsghdr[] };
  if ((yield* sys.recvmsg(fd, msg, MSG_ERRQUEUE)) < 0) return { error, queued: null };
  const { ee, offender } = (msg.msg_control[0] as cmsghdr).data as Told;
  return { error, queued: [ee.ee_errno, ee.ee_type, ee.ee_code, offender.addr] };
}

describe('a connected socket', () => {
  /** udp(7): the one error that every connected socket is told of. */
  test('is EPOLLERR after a round trip if nobody is at the port', () => {
    const wire = pair({ latency_ns: 5 * ms });

    const told = sendTo(wire, wire.b.sockaddr(9));

    expect(told).toEqual({ events: [EPOLLERR], at: 10, error: ECONNREFUSED, queued: null });
  });

  /** That a host cannot be reached may pass: without IP_RECVERR nobody is told (RFC 1122, 4.1.3.3). */
  test('is not told that nobody has the address', () => {
    expect(sendTo(pair(), nobody)).toEqual({ events: [], at: 5000, error: 0, queued: null });
  });

  /** ip(7), IP_RECVERR: all errors, with where they come from. */
  test('with IP_RECVERR is EPOLLERR after 3 s if nobody has the address', () => {
    const told = sendTo(pair(), nobody, { recverr: true });

    expect(told).toEqual({
      events: [EPOLLERR],
      at: 3000,
      error: EHOSTUNREACH,
      queued: [EHOSTUNREACH, 3, 1, 0x0a000001],
    });
  });
});

/** Who is not connected asks for errors, or hears nothing: a reply could be for any datagram. */
test.each([
  ['without IP_RECVERR', false, { events: [], at: 5000, error: 0, queued: null }],
  [
    'with IP_RECVERR',
    true,
    { events: [EPOLLERR], at: 2, error: ECONNREFUSED, queued: [ECONNREFUSED, 3, 3, 0x0a000002] },
  ],
])('a socket that is not connected, %s', (_what, recverr, expected) => {
  const wire = pair();

  expect(sendTo(wire, wire.b.sockaddr(9), { recverr, connect: false })).toEqual(expected);
});

/** One send each 100 ms to a port where nobody is: `E` for one that is refused. */
function refusals({ machine, a }: Pair, peer: sockaddr): string | undefined {
  const sent = machine.spawn(
    function* (sys) {
      const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
      yield* sys.connect(fd, peer);
      let seen = '';
      for (let i = 0; i < 40; i++) {
        seen += (yield* sys.write(fd, 'x')) === -ECONNREFUSED ? 'E' : '.';
        yield* sys.nanosleep({ tv_sec: 0, tv_nsec: 100 * ms });
      }
      return seen;
    },
    { host: a },
  );
  machine.run();
  return sent.result?.how === 'returned' ? sent.result.value : undefined;
}

describe('a host', () => {
  /** icmp(7), icmp_ratelimit: who counts on each refusal to be told waits for some in vain. */
  test('tells another of a refused datagram six times at once, then once a second', () => {
    const wire = pair();

    expect(refusals(wire, wire.b.sockaddr(9))).toBe('.E.E.E.E.E.E.E.......E.........E........');
  });

  test('tells itself each time', () => {
    const wire = pair();

    expect(refusals(wire, wire.a.sockaddr(9))).toBe('.E'.repeat(20));
  });

  /** icmp(7), icmp_msgs_burst: 50 at once, to however many hosts. */
  test('sends 50 messages at once, whoever they are for', () => {
    const { machine, a } = pair();
    const told = machine.spawn(
      function* (sys) {
        const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, 0);
        yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
        for (let i = 0; i < 80; i++) yield* sys.sendto(fd, 'x', 0, nobody);
        yield* sys.nanosleep({ tv_sec: 4, tv_nsec: 0 });
        let count = 0;
        while ((yield* sys.recvfrom(fd, new Uint8Array(9), MSG_ERRQUEUE)).ret > 0) count++;
        return count;
      },
      { host: a },
    );

    machine.run();

    expect(told.result).toEqual({ how: 'returned', value: 50 });
  });
});
