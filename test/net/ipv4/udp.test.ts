import { expect, test } from 'vitest';
import {
  EACCES,
  EAFNOSUPPORT,
  EAGAIN,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  ENETUNREACH,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
} from '../../../src/kernel/uapi/errno.ts';
import { SO_EE_ORIGIN_ICMP } from '../../../src/kernel/uapi/errqueue.ts';
import { EPOLLERR, EPOLLIN, EPOLLOUT, EPOLLPRI } from '../../../src/kernel/uapi/eventpoll.ts';
import { ICMP_DEST_UNREACH, ICMP_PORT_UNREACH } from '../../../src/kernel/uapi/icmp.ts';
import {
  IP_MTU,
  IP_RECVERR,
  IPPROTO_ICMP,
  IPPROTO_IP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../src/kernel/uapi/in.ts';
import {
  AF_INET,
  AF_UNIX,
  MSG_ERRQUEUE,
  MSG_TRUNC,
  SO_BROADCAST,
  SO_SELECT_ERR_QUEUE,
  SOCK_DGRAM,
  SOCK_PACKET,
  SOCK_RAW,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { inMachine } from '../../support/run.ts';
import { at, mask, put, soError, take } from './support.ts';
import { bound, oneWay, receive, takeEach, towardsNobody, udp } from './udp_support.ts';

const broadcast = (port: number) => at(port, 0x7fff_ffff);

/** What a program is told that is not privileged, or asks for what datagrams cannot do. */
test('socket() and socketpair() refuse what is not UDP with the errno that says why', () => {
  inMachine(function* (sys) {
    expect(yield* sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP)).toBe(-EPROTONOSUPPORT);
    expect(yield* sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)).toBe(-EACCES);
    expect(yield* sys.socket(AF_INET, SOCK_RAW, 0)).toBe(-EPROTONOSUPPORT);
    expect(yield* sys.socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)).toBe(-EPERM);
    expect(yield* sys.socket(AF_INET, SOCK_PACKET, 3)).toBe(-EPERM);
    expect(yield* sys.socket(AF_UNIX, SOCK_DGRAM, IPPROTO_UDP)).toBe(-EPROTONOSUPPORT);
    expect((yield* sys.socketpair(AF_INET, SOCK_DGRAM)).ret).toBe(-EOPNOTSUPP);
  });
});

/** The order in which a program is told of several mistakes. */
test('a send is refused for want of an address, for a wrong one, and for one out of reach', () => {
  inMachine(function* (sys) {
    const fd = yield* udp(sys);
    expect(yield* put(sys, fd, 'x')).toBe(-EDESTADDRREQ);
    expect(yield* sys.sendto(fd, 'x', 0, at(0))).toBe(-EINVAL);
    expect(yield* sys.sendto(fd, 'x', 0, { family: AF_UNIX })).toBe(-EAFNOSUPPORT);
    expect(yield* sys.sendto(fd, 'x', 0, at(9, 0x0808_0808))).toBe(-ENETUNREACH);
    expect(yield* sys.connect(fd, at(9, 0x0a00_0001))).toBe(-ENETUNREACH);
    expect((yield* sys.getpeername(fd)).ret).toBe(-ENOTCONN);
  });
});

/** A client that never learns that its server is down: it did not connect. */
test('that nobody listens is told to a socket that is connected, once', () => {
  inMachine(function* (sys) {
    const fd = yield* towardsNobody(sys);
    expect(yield* put(sys, fd, 'x')).toBe(1);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLERR);
    expect(yield* put(sys, fd, 'y')).toBe(-ECONNREFUSED);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT);
    expect(yield* put(sys, fd, 'z')).toBe(1);
    expect(yield* take(sys, fd, 8)).toBe(-ECONNREFUSED);
    expect(yield* take(sys, fd, 8)).toBe(-EAGAIN);
    expect(yield* put(sys, fd, 'z')).toBe(1);
    expect(yield* soError(sys, fd)).toBe(ECONNREFUSED);
    expect(yield* soError(sys, fd)).toBe(0);
    const unconnected = yield* udp(sys);
    yield* sys.sendto(unconnected, 'x', 0, at(9));
    expect(yield* mask(sys, unconnected)).toBe(EPOLLOUT);
  });
});

/** A resolver that asks several servers from one socket, and wants to know which one is down. */
test('IP_RECVERR tells which datagram was refused by whom, with its first 520 bytes', () => {
  inMachine(function* (sys) {
    const fd = yield* udp(sys);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    yield* sys.sendto(fd, '123456'.repeat(200), 0, at(9));
    const got = yield* receive(fd, 2000, MSG_ERRQUEUE);
    expect(got.ret).toBe(520);
    expect(got.msg_name).toEqual(at(9));
    expect(got.msg_flags).toBe(MSG_ERRQUEUE);
    const ee = {
      ee_errno: ECONNREFUSED,
      ee_origin: SO_EE_ORIGIN_ICMP,
      ee_type: ICMP_DEST_UNREACH,
      ee_code: ICMP_PORT_UNREACH,
      ee_info: 0,
    };
    const told = { level: IPPROTO_IP, type: IP_RECVERR, data: { ee, offender: at(0) } };
    expect(got.msg_control).toEqual([told]);
    expect(yield* take(sys, fd, 8)).toBe(-EAGAIN); // It is the pending error no more.
  });
});

/** A loop that only clears SO_ERROR spins on EPOLLERR. */
test('EPOLLERR stays until the error queue is read, whatever becomes of the pending error', () => {
  inMachine(function* (sys) {
    const fd = yield* towardsNobody(sys);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    yield* put(sys, fd, 'x');
    expect(yield* soError(sys, fd)).toBe(ECONNREFUSED);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLERR);
    yield* sys.setsockopt(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT | EPOLLERR | EPOLLPRI);
    expect(yield* take(sys, fd, 8, MSG_ERRQUEUE)).toBe('x');
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT);
    expect(yield* take(sys, fd, 8, MSG_ERRQUEUE)).toBe(-EAGAIN);
  });
});

/** One error is read, and the next call reports one that seemed to be gone. */
test('reading one error makes the next one in the queue the pending error', () => {
  inMachine(function* (sys) {
    const fd = yield* towardsNobody(sys);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    yield* put(sys, fd, 'a');
    yield* soError(sys, fd);
    yield* put(sys, fd, 'b');
    yield* soError(sys, fd);
    expect(yield* take(sys, fd, 8, MSG_ERRQUEUE)).toBe('a');
    expect(yield* soError(sys, fd)).toBe(ECONNREFUSED);
    expect(yield* take(sys, fd, 8, MSG_ERRQUEUE)).toBe('b');
    expect(yield* soError(sys, fd)).toBe(0);
  });
});

/** Whoever turns the queue off does not read it any more. */
test('turning IP_RECVERR off drops what is in the error queue', () => {
  inMachine(function* (sys) {
    const fd = yield* towardsNobody(sys);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 1);
    yield* put(sys, fd, 'x');
    yield* soError(sys, fd);
    yield* sys.setsockopt(fd, IPPROTO_IP, IP_RECVERR, 0);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT);
  });
});

/** socket(7): "datagram sockets are allowed to send packets to a broadcast address". */
test('a broadcast needs SO_BROADCAST, and is heard by whoever is bound to any address', () => {
  inMachine(function* (sys) {
    const [, one] = yield* bound(sys, at(5000));
    const [, all] = yield* bound(sys, at(5001, 0));
    const fd = yield* udp(sys);
    expect(yield* sys.sendto(fd, 'x', 0, broadcast(5001))).toBe(-EACCES);
    expect(yield* sys.connect(fd, broadcast(5001))).toBe(-EACCES);
    yield* sys.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
    expect(yield* sys.sendto(fd, 'x', 0, broadcast(5001))).toBe(1);
    expect(yield* sys.sendto(fd, 'y', 0, broadcast(5000))).toBe(1);
    expect(yield* takeEach(sys, [one, all])).toEqual([-EAGAIN, 'x']);
    expect(yield* mask(sys, fd)).toBe(EPOLLOUT); // Nobody complains about a broadcast.
  });
});

/** The sender is known to recvfrom(), and to recvmsg(). */
test('a receive tells who sent, and that the message was longer', () => {
  inMachine(function* (sys) {
    const [, receiver, to] = yield* bound(sys);
    const [, sender, from] = yield* bound(sys);
    yield* sys.sendto(sender, 'hello', 0, to);
    const got = yield* receive(receiver, 2, 0);
    expect(got.ret).toBe(2);
    expect(got.msg_name).toEqual(from);
    expect(got.msg_flags).toBe(MSG_TRUNC);
    yield* sys.sendto(sender, 'hello', 0, to);
    expect((yield* receive(receiver, 2, MSG_TRUNC)).ret).toBe(5);
    yield* sys.sendto(sender, 'hello', 0, to);
    expect((yield* sys.recvfrom(receiver, new Uint8Array(9), 0)).addr).toEqual(from);
  });
});

/** ip(7): IP_MTU is valid for a connected socket only. */
test('IP_MTU is known once the way to a peer is', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    expect((yield* sys.getsockopt(receiver, IPPROTO_IP, IP_MTU)).ret).toBe(-ENOTCONN);
    expect((yield* sys.getsockopt(sender, IPPROTO_IP, IP_MTU)).value).toBe(65_535);
    yield* sys.connect(sender, at(9, 0x0808_0808)); // Fails, and forgets the way.
    expect((yield* sys.getsockopt(sender, IPPROTO_IP, IP_MTU)).ret).toBe(-ENOTCONN);
    yield* put(sys, sender, 'x');
    expect((yield* sys.getsockopt(sender, IPPROTO_IP, IP_MTU)).value).toBe(65_535);
  });
});

/** Two protocols, two sets of ports. */
test('UDP-Lite has ports of its own', () => {
  inMachine(function* (sys) {
    const [, plain] = yield* bound(sys, at(5000));
    const lite = yield* sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
    expect(yield* sys.bind(lite, at(5000))).toBe(0);
    const sender = yield* sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
    yield* sys.connect(sender, at(5000));
    yield* put(sys, sender, 'lite');
    expect(yield* takeEach(sys, [plain, lite])).toEqual([-EAGAIN, 'lite']);
    yield* sys.close(lite);
    yield* put(sys, sender, 'x');
    expect(yield* mask(sys, sender)).toBe(EPOLLOUT | EPOLLERR);
  });
});

/** A socket may be its own peer: a classic way to wake a loop. */
test('a socket that is connected to itself hears itself', () => {
  inMachine(function* (sys) {
    const [, fd, addr] = yield* bound(sys);
    yield* sys.connect(fd, addr);
    yield* put(sys, fd, 'wake');
    expect(yield* mask(sys, fd)).toBe(EPOLLIN | EPOLLOUT);
    expect(yield* take(sys, fd, 8)).toBe('wake');
  });
});
