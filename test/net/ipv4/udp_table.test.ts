import { expect, test } from 'vitest';
import { EADDRINUSE, EADDRNOTAVAIL, EAGAIN } from '../../../src/kernel/uapi/errno.ts';
import {
  AF_UNSPEC,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { inMachine } from '../../support/run.ts';
import { addressOf, at } from './support.ts';
import { bound, drain, takeEach, udp } from './udp_support.ts';

const any = (port: number) => at(port, 0);
const none = -EAGAIN;

/** A second server on the port of the first starts, and steals its datagrams or has none. */
test('an address in use is refused to a wildcard too, unless both set SO_REUSEADDR', () => {
  inMachine(function* (sys) {
    yield* bound(sys, at(5000));
    expect((yield* bound(sys, any(5000)))[0]).toBe(-EADDRINUSE);
    expect((yield* bound(sys, any(5000), SO_REUSEADDR))[0]).toBe(-EADDRINUSE);
    expect((yield* bound(sys, at(5000, 0x7f00_0002)))[0]).toBe(0);
  });
});

/** Unlike a stream's port, a datagram's can be taken over from a socket that is alive. */
test('of sockets that share an address by SO_REUSEADDR the newest hears everything', () => {
  inMachine(function* (sys) {
    const [, first] = yield* bound(sys, at(5000), SO_REUSEADDR);
    const [, second] = yield* bound(sys, at(5000), SO_REUSEADDR);
    yield* sys.sendto(yield* udp(sys), 'm', 0, at(5000));
    expect(yield* takeEach(sys, [first, second])).toEqual([none, 'm']);
  });
});

/** A server on one address beside a server on all. */
test('a socket bound to the address is preferred to one bound to any', () => {
  inMachine(function* (sys) {
    const [, one] = yield* bound(sys, at(5000), SO_REUSEADDR);
    const [, all] = yield* bound(sys, any(5000), SO_REUSEADDR);
    const sender = yield* udp(sys);
    yield* sys.sendto(sender, 'a', 0, at(5000));
    yield* sys.sendto(sender, 'b', 0, at(5000, 0x7f00_0009));
    yield* sys.sendto(sender, 'c', 0, any(5000));
    expect(yield* takeEach(sys, [one, one, all, all])).toEqual(['a', 'c', 'b', none]);
  });
});

/** A server that makes a connected socket for each client, on its own port. */
test('a connected socket is preferred to one that is bound to the same port', () => {
  inMachine(function* (sys) {
    const [, server] = yield* bound(sys, at(5000), SO_REUSEADDR);
    const [, client, addr] = yield* bound(sys);
    const [, forClient] = yield* bound(sys, at(5000), SO_REUSEADDR);
    yield* sys.connect(forClient, addr);
    const [, newest] = yield* bound(sys, at(5000), SO_REUSEADDR);
    yield* sys.sendto(client, 'mine', 0, at(5000));
    yield* sys.sendto(yield* udp(sys), 'other', 0, at(5000));
    expect(yield* takeEach(sys, [server, forClient, newest])).toEqual([none, 'mine', 'other']);
  });
});

/** A connected socket takes what is not from its peer. */
test('a connected socket hears its peer only', () => {
  inMachine(function* (sys) {
    const [, peer, addr] = yield* bound(sys);
    const [, fd, own] = yield* bound(sys);
    yield* sys.connect(fd, addr);
    yield* sys.sendto(yield* udp(sys), 'stranger', 0, own);
    yield* sys.sendto(peer, 'peer', 0, own);
    expect(yield* takeEach(sys, [fd, fd])).toEqual(['peer', none]);
  });
});

/** The kernel answers so for each pair; a server behind SO_REUSEPORT counts on being let in. */
test('SO_REUSEPORT lets in who set it too, and nobody else', () => {
  inMachine(function* (sys) {
    yield* bound(sys, at(7001), SO_REUSEPORT);
    expect((yield* bound(sys, at(7001), SO_REUSEPORT))[0]).toBe(0);
    expect((yield* bound(sys, at(7001)))[0]).toBe(-EADDRINUSE);
    expect((yield* bound(sys, at(7001), SO_REUSEADDR))[0]).toBe(-EADDRINUSE);
    expect((yield* bound(sys, any(7001), SO_REUSEPORT))[0]).toBe(0);
    expect((yield* bound(sys, any(7001), SO_REUSEPORT, SO_REUSEADDR))[0]).toBe(0);
  });
});

/** Sends one datagram from each of 40 sockets to the port. */
test('the members of a SO_REUSEPORT group share senders among them', () => {
  inMachine(function* (sys) {
    const [, late] = yield* bound(sys, at(7003));
    yield* sys.setsockopt(late, SOL_SOCKET, SO_REUSEPORT, 1); // It is a member from here on.
    const [, second] = yield* bound(sys, at(7003), SO_REUSEPORT);
    const [, third] = yield* bound(sys, at(7003), SO_REUSEPORT);
    for (let i = 0; i < 40; i++) yield* sys.sendto(yield* udp(sys), 'k', 0, at(7003));
    const counts = [];
    for (const fd of [late, second, third]) counts.push(yield* drain(sys, fd));
    expect(counts.reduce((sum, n) => sum + n)).toBe(40);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

/** One sender is always heard by the same worker. */
test('a sender is heard by the same member of a group every time', () => {
  inMachine(function* (sys) {
    const [, first] = yield* bound(sys, at(7003), SO_REUSEPORT);
    const [, second] = yield* bound(sys, at(7003), SO_REUSEPORT);
    const sender = yield* udp(sys);
    for (let i = 0; i < 8; i++) yield* sys.sendto(sender, 'k', 0, at(7003));
    expect([yield* drain(sys, first), yield* drain(sys, second)].sort()).toEqual([0, 8]);
  });
});

/** A worker of a group that is connected for a client has no more of the others' datagrams. */
test('a member that is connected leaves its group', () => {
  inMachine(function* (sys) {
    const [, first] = yield* bound(sys, at(7001), SO_REUSEPORT);
    const [, second] = yield* bound(sys, at(7001), SO_REUSEPORT);
    yield* sys.connect(first, at(9));
    for (let i = 0; i < 40; i++) yield* sys.sendto(yield* udp(sys), 'k', 0, at(7001));
    expect([yield* drain(sys, first), yield* drain(sys, second)]).toEqual([0, 40]);
  });
});

/** A worker that was done with its client is idle, and nobody notices. */
test('a member that was connected once has no share any more', () => {
  inMachine(function* (sys) {
    const [, first] = yield* bound(sys, at(7001), SO_REUSEPORT);
    const [, second] = yield* bound(sys, at(7001), SO_REUSEPORT);
    yield* sys.connect(first, at(9));
    yield* sys.connect(first, { family: AF_UNSPEC });
    for (let i = 0; i < 40; i++) yield* sys.sendto(yield* udp(sys), 'k', 0, at(7001));
    expect([yield* drain(sys, first), yield* drain(sys, second)]).toEqual([0, 40]);
  });
});

/** What bind() asked for stays; what connect() and send() chose goes. */
test('giving the peer up gives back the address and the port that bind() did not ask for', () => {
  inMachine(function* (sys) {
    const nobody = { family: AF_UNSPEC };
    const [, , peer] = yield* bound(sys, at(5000));
    const [, byPort] = yield* bound(sys, any(6000));
    yield* sys.connect(byPort, peer);
    expect(yield* addressOf(sys, byPort)).toEqual(at(6000));
    yield* sys.connect(byPort, nobody);
    expect(yield* addressOf(sys, byPort)).toEqual(any(6000));
    const [, byAddress] = yield* bound(sys, at(0));
    yield* sys.connect(byAddress, peer);
    yield* sys.connect(byAddress, nobody);
    expect(yield* addressOf(sys, byAddress)).toEqual(at(0));
    const unbound = yield* udp(sys);
    yield* sys.connect(unbound, peer);
    yield* sys.connect(unbound, nobody);
    expect(yield* addressOf(sys, unbound)).toEqual(any(0));
    yield* sys.sendto(byPort, 'back', 0, at(6000, 0x7f00_0004));
    expect(yield* takeEach(sys, [byPort])).toEqual(['back']);
  });
});

/** A typing error in an address is found at once. */
test("an address that is not the machine's is refused, one of broadcast is not", () => {
  inMachine(function* (sys) {
    expect((yield* bound(sys, at(7, 0x0808_0808)))[0]).toBe(-EADDRNOTAVAIL);
    expect((yield* bound(sys, at(7, 0x7fff_ffff)))[0]).toBe(0);
    expect((yield* bound(sys, at(8, 0xffff_ffff)))[0]).toBe(0);
  });
});
