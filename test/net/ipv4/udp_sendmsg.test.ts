import { expect, test } from 'vitest';
import {
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOPROTOOPT,
  EOPNOTSUPP,
  EPIPE,
} from '../../../src/kernel/uapi/errno.ts';
import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_LOCAL } from '../../../src/kernel/uapi/errqueue.ts';
import { EPOLLERR, EPOLLET, EPOLLIN, EPOLLOUT } from '../../../src/kernel/uapi/eventpoll.ts';
import {
  IP_MTU_DISCOVER,
  IP_RECVERR,
  IPPROTO_IP,
  IPPROTO_UDP,
  IPPROTO_UDPLITE,
} from '../../../src/kernel/uapi/in.ts';
import {
  AF_INET,
  MSG_ERRQUEUE,
  MSG_MORE,
  MSG_OOB,
  MSG_PROBE,
  SHUT_WR,
  SO_NO_CHECK,
  SO_SNDBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
} from '../../../src/kernel/uapi/socket.ts';
import { UDP_CORK, UDP_GRO, UDP_SEGMENT } from '../../../src/kernel/uapi/udp.ts';
import type { sock_extended_err } from '../../../src/net/err_queue.ts';
import type { cmsghdr } from '../../../src/net/socket.ts';
import { reported, watch } from '../../support/programs.ts';
import { inMachine } from '../../support/run.ts';
import { at, bytes, mask, outq, put, soError, take } from './support.ts';
import { bound, drain, oneWay, receive, takeEach } from './udp_support.ts';

/** The errors that control messages tell of. */
const toldErrors = (control: readonly cmsghdr[] = []): sock_extended_err[] =>
  control.map(({ data }) => (data as { ee: sock_extended_err }).ee);

const IP_PMTUDISC_PROBE = 3;
const IP_PMTUDISC_INTERFACE = 4;

/** ip(7): what a datagram can carry. */
test('a datagram has 65507 bytes at most', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    expect(yield* put(sys, sender, bytes(65_507))).toBe(65_507);
    expect(yield* put(sys, sender, bytes(65_508))).toBe(-EMSGSIZE);
    expect(yield* put(sys, sender, bytes(65_536))).toBe(-EMSGSIZE);
    expect(yield* drain(sys, receiver)).toBe(1);
    expect(yield* mask(sys, sender)).toBe(EPOLLOUT);
  });
});

/** With IP_RECVERR the sender is told a second time; a loop that ignores it sees EPOLLERR for ever. */
test('what is too long is in the error queue as an error of this machine', () => {
  inMachine(function* (sys) {
    const [sender] = yield* oneWay(sys);
    yield* sys.setsockopt(sender, IPPROTO_IP, IP_RECVERR, 1);
    yield* put(sys, sender, bytes(65_508));
    expect(yield* soError(sys, sender)).toBe(0);
    expect(yield* mask(sys, sender)).toBe(EPOLLOUT | EPOLLERR);
    const { ret, msg_control } = yield* receive(sender, 8, MSG_ERRQUEUE);
    expect(ret).toBe(0);
    const [ee] = toldErrors(msg_control);
    expect([ee?.ee_errno, ee?.ee_origin]).toEqual([EMSGSIZE, SO_EE_ORIGIN_LOCAL]);
  });
});

/** IP_PMTUDISC_PROBE ignores what is known of the way, which then answers for itself. */
test('IP_MTU_DISCOVER moves the place where what is too long is refused', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(sender, IPPROTO_IP, IP_RECVERR, 1);
    yield* sys.setsockopt(sender, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    expect(yield* put(sys, sender, bytes(65_508))).toBe(-EMSGSIZE);
    expect(yield* soError(sys, sender)).toBe(EMSGSIZE);
    const { msg_control } = yield* receive(sender, 8, MSG_ERRQUEUE);
    const [ee] = toldErrors(msg_control);
    expect([ee?.ee_origin, ee?.ee_info]).toEqual([SO_EE_ORIGIN_ICMP, 65_535]);
    yield* sys.setsockopt(sender, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE);
    expect(yield* put(sys, sender, bytes(65_508))).toBe(65_508); // And nobody receives it.
    expect(yield* drain(sys, receiver)).toBe(0);
  });
});

/** An edge-triggered writer is told after each send: a datagram leaves the buffer at once. */
test('each send over the loopback device is an edge for EPOLLOUT', () => {
  inMachine(function* (sys) {
    const [sender] = yield* oneWay(sys);
    const ep = yield* watch(sys, sender, EPOLLIN | EPOLLOUT | EPOLLET);
    yield* reported(sys, ep);
    expect(yield* reported(sys, ep)).toEqual([]);
    yield* put(sys, sender, 'x');
    expect(yield* reported(sys, ep)).toEqual([EPOLLOUT]);
    expect(yield* reported(sys, ep)).toEqual([]);
  });
});

/** A program that builds a datagram from a header and a body. */
test('MSG_MORE keeps a datagram back, and the next send completes it', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    expect(yield* put(sys, sender, 'head ', MSG_MORE)).toBe(5);
    expect(yield* put(sys, sender, 'and ', MSG_MORE)).toBe(4);
    expect(yield* drain(sys, receiver)).toBe(0);
    expect(yield* put(sys, sender, 'body')).toBe(4);
    expect(yield* take(sys, receiver, 64)).toBe('head and body');
  });
});

/** UDP_CORK that is never pulled: nothing is ever sent. */
test('UDP_CORK keeps everything back until it is turned off', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(sender, IPPROTO_UDP, UDP_CORK, 1);
    yield* put(sys, sender, 'a');
    yield* put(sys, sender, 'b');
    expect(yield* drain(sys, receiver)).toBe(0);
    yield* sys.setsockopt(sender, IPPROTO_UDP, UDP_CORK, 0);
    expect(yield* take(sys, receiver, 8)).toBe('ab');
  });
});

/** What is kept back when the address changes is sent to the new one. */
test('a datagram in the making goes where the socket is connected when it is complete', () => {
  inMachine(function* (sys) {
    const [sender, first] = yield* oneWay(sys);
    const [, second, addr] = yield* bound(sys);
    yield* put(sys, sender, 'for ', MSG_MORE);
    yield* sys.connect(sender, addr);
    yield* put(sys, sender, 'whom?');
    expect(yield* takeEach(sys, [first, second])).toEqual([expect.any(Number), 'for whom?']);
  });
});

/** Half of the send buffer in use is not writable, although a send would be taken. */
test('what is kept back counts for the send buffer, and too much of it is thrown away', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(sender, SOL_SOCKET, SO_SNDBUF, 0);
    expect(yield* put(sys, sender, bytes(100), MSG_MORE)).toBe(100);
    expect([yield* outq(sys, sender), yield* mask(sys, sender)]).toEqual([832, EPOLLOUT]);
    expect(yield* put(sys, sender, bytes(20_000), MSG_MORE)).toBe(20_000);
    expect([yield* outq(sys, sender), yield* mask(sys, sender)]).toEqual([20_832, 0]);
    expect(yield* put(sys, sender, bytes(60_000), MSG_MORE)).toBe(-EMSGSIZE);
    expect([yield* outq(sys, sender), yield* mask(sys, sender)]).toEqual([0, EPOLLOUT]);
    yield* put(sys, sender, 'alone');
    expect(yield* take(sys, receiver, 8)).toBe('alone');
  });
});

/** udp(7), UDP_SEGMENT: many datagrams in one call, taken apart where they arrive. */
test('UDP_SEGMENT sends several datagrams at once, which UDP_GRO leaves together', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    yield* sys.setsockopt(sender, IPPROTO_UDP, UDP_SEGMENT, 4);
    yield* put(sys, sender, 'aaaabbbbcc');
    const apart = yield* takeEach(sys, [receiver, receiver, receiver]);
    expect(apart).toEqual(['aaaa', 'bbbb', 'cc']);
    yield* sys.setsockopt(receiver, IPPROTO_UDP, UDP_GRO, 1);
    yield* put(sys, sender, 'aaaabbbbcc');
    const whole = yield* receive(receiver, 64, 0);
    expect(whole.ret).toBe(10);
    expect(whole.msg_control).toEqual([{ level: IPPROTO_UDP, type: UDP_GRO, data: 4 }]);
    expect(yield* put(sys, sender, bytes(4 * 128))).toBe(512);
    expect(yield* put(sys, sender, bytes(4 * 128 + 1))).toBe(-EINVAL);
    yield* sys.setsockopt(sender, SOL_SOCKET, SO_NO_CHECK, 1);
    expect(yield* put(sys, sender, 'x')).toBe(-EINVAL);
  });
});

/** Without a checksum over all of it a datagram cannot be taken apart. */
test('UDP-Lite refuses to send several datagrams at once', () => {
  inMachine(function* (sys) {
    const fd = yield* sys.socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
    yield* sys.setsockopt(fd, IPPROTO_UDPLITE, UDP_SEGMENT, 4);
    yield* sys.connect(fd, at(9));
    expect(yield* put(sys, fd, 'x')).toBe(-EIO);
  });
});

/** send(2): what a datagram socket makes of flags that are for others. */
test('urgent data is refused, a probe sends nothing, and after SHUT_WR nothing is sent', () => {
  inMachine(function* (sys) {
    const [sender, receiver] = yield* oneWay(sys);
    expect(yield* put(sys, sender, 'x', MSG_OOB)).toBe(-EOPNOTSUPP);
    expect(yield* put(sys, sender, 'x', MSG_PROBE)).toBe(1);
    yield* sys.shutdown(sender, SHUT_WR);
    expect(yield* put(sys, sender, 'x')).toBe(-EPIPE);
    expect(yield* drain(sys, receiver)).toBe(0);
  });
});

/** An option that is misspelt, or of another protocol. */
test('options of UDP are kept and given back, those of others refused', () => {
  inMachine(function* (sys) {
    const [fd] = yield* oneWay(sys);
    const set = (name: number, value: number) => sys.setsockopt(fd, IPPROTO_UDP, name, value);
    const answers = [];
    for (const [name, value] of [
      [100, 1],
      [100, 2],
      [101, 7],
      [103, 70_000],
      [104, 5],
      [10, 3],
      [2, 1],
    ] as const) {
      const ret = yield* set(name, value);
      const got = yield* sys.getsockopt(fd, IPPROTO_UDP, name);
      answers.push([ret, got.ret === 0 ? got.value : got.ret]);
    }
    const refused = -ENOPROTOOPT;
    const kept = [
      [refused, 0],
      [0, 2],
      [0, 1],
      [-EINVAL, 0],
      [0, 1],
      [refused, 0],
      [refused, refused],
    ];
    expect(answers).toEqual(kept);
  });
});
