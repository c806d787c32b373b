/** Options of IPPROTO_IP, as an established or a fresh TCP socket answers. */
import { expect, test } from 'vitest';
import * as err from '../../../src/kernel/uapi/errno.ts';
import * as ip from '../../../src/kernel/uapi/in.ts';
import { SO_PRIORITY, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inMachine } from '../../support/run.ts';
import { pair, tcp } from './support.ts';

const { EADDRNOTAVAIL, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP } = err;

/** What getsockopt() gives, or -errno. */
function* get(sys: Sys, fd: number, name: number): Code<number> {
  const { ret, value } = yield* sys.getsockopt(fd, ip.IPPROTO_IP, name);
  return ret < 0 ? ret : value;
}

/** ip(7): what servers set to mark and to watch their traffic. */
test.each([
  ['IP_TOS', ip.IP_TOS, 0x10, 0, 0x10],
  ['IP_TOS', ip.IP_TOS, 0xff, 0, 0xfc],
  ['IP_TTL', ip.IP_TTL, 7, 0, 7],
  ['IP_TTL', ip.IP_TTL, -1, 0, 64],
  ['IP_TTL', ip.IP_TTL, 0, -EINVAL, 64],
  ['IP_RECVERR', ip.IP_RECVERR, 5, 0, 1],
  ['IP_MTU_DISCOVER', ip.IP_MTU_DISCOVER, 2, 0, 2],
  ['IP_MTU_DISCOVER', ip.IP_MTU_DISCOVER, 6, -EINVAL, 1],
  ['IP_MINTTL', ip.IP_MINTTL, 256, -EINVAL, 0],
  ['IP_MULTICAST_TTL', ip.IP_MULTICAST_TTL, 1, -EINVAL, 1],
  ['IP_MULTICAST_ALL', ip.IP_MULTICAST_ALL, 2, -EINVAL, 1],
  ['IP_OPTIONS', ip.IP_OPTIONS, 1, 0, 1],
  ['IP_OPTIONS', ip.IP_OPTIONS, 7, -EINVAL, 0],
  ['IP_LOCAL_PORT_RANGE', ip.IP_LOCAL_PORT_RANGE, 1_000_000, -EINVAL, 0],
  ['IP_UNICAST_IF', ip.IP_UNICAST_IF, 1, -EADDRNOTAVAIL, 0],
  ['IP_HDRINCL', ip.IP_HDRINCL, 1, -ENOPROTOOPT, 0],
  ['IP_MTU', ip.IP_MTU, 1500, -ENOPROTOOPT, -ENOTCONN],
  ['IP_XFRM_POLICY', ip.IP_XFRM_POLICY, 1, -EINVAL, -ENOPROTOOPT],
  ['IP_IPSEC_POLICY', ip.IP_IPSEC_POLICY, 1, -EOPNOTSUPP, -ENOPROTOOPT],
])('%s (%i) set to %i is %i and reads back as %i', (_, name, value, result, kept) => {
  inMachine(function* (sys) {
    const fd = yield* tcp(sys);
    expect(yield* sys.setsockopt(fd, ip.IPPROTO_IP, name, value)).toBe(result);
    expect(yield* get(sys, fd, name)).toBe(kept);
  });
});

/** The kernel keeps one word for both: queueing disciplines go by the priority. */
test('IP_TOS changes SO_PRIORITY', () => {
  inMachine(function* (sys) {
    const fd = yield* tcp(sys);
    yield* sys.setsockopt(fd, ip.IPPROTO_IP, ip.IP_TOS, 0x10);
    expect((yield* sys.getsockopt(fd, SOL_SOCKET, SO_PRIORITY)).value).toBe(6);
  });
});

/** ip(7), IP_MTU: of a connected socket. */
test('a connection knows its MTU, and an accepted socket has the TTL of its peer', () => {
  inMachine(function* (sys) {
    const [client, server] = yield* pair(sys);
    expect(yield* get(sys, client, ip.IP_MTU)).toBe(65_535);
    expect(yield* get(sys, client, ip.IP_MULTICAST_TTL)).toBe(1);
    expect(yield* get(sys, server, ip.IP_MULTICAST_TTL)).toBe(64);
  });
});
