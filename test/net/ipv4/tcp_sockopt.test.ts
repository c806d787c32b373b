/** Options of IPPROTO_TCP, and what a connection has of those of its listener. */
import { expect, test } from 'vitest';
import { EINVAL } from '../../../src/kernel/uapi/errno.ts';
import { IP_TOS, IPPROTO_IP, IPPROTO_TCP } from '../../../src/kernel/uapi/in.ts';
import { SO_PRIORITY, SOL_SOCKET } from '../../../src/kernel/uapi/socket.ts';
import * as opt from '../../../src/kernel/uapi/tcp.ts';
import type { Code, Sys } from '../../../src/syscalls/sys.ts';
import { inMachine } from '../../support/run.ts';
import { dial, listener, tcp } from './support.ts';

/** What getsockopt() gives, or -errno. */
function* get(sys: Sys, fd: number, level: number, name: number): Code<number> {
  const { ret, value } = yield* sys.getsockopt(fd, level, name);
  return ret < 0 ? ret : value;
}

/** tcp(7). Bounds of time are kept in ticks of 4 ms (HZ = 250). */
test.each([
  ['TCP_NOTSENT_LOWAT', opt.TCP_NOTSENT_LOWAT, -2, 0, -2],
  ['TCP_FASTOPEN', opt.TCP_FASTOPEN, 5000, 0, 4096],
  ['TCP_TX_DELAY', opt.TCP_TX_DELAY, -1, -EINVAL, 0],
  ['TCP_TX_DELAY', opt.TCP_TX_DELAY, 100, 0, 100],
  ['TCP_RTO_MAX_MS', opt.TCP_RTO_MAX_MS, 65_535, 0, 65_536],
  ['TCP_RTO_MAX_MS', opt.TCP_RTO_MAX_MS, 999, -EINVAL, 120_000],
  ['TCP_RTO_MIN_US', opt.TCP_RTO_MIN_US, 65_535, 0, 68_000],
  ['TCP_RTO_MIN_US', opt.TCP_RTO_MIN_US, 100, -EINVAL, 200_000],
  ['TCP_DELACK_MAX_US', opt.TCP_DELACK_MAX_US, 200_001, -EINVAL, 200_000],
  ['TCP_IS_MPTCP', opt.TCP_IS_MPTCP, 1, -92, 0],
])('%s (%i) set to %i is %i and reads back as %i', (_, name, value, result, kept) => {
  inMachine(function* (sys) {
    const fd = yield* tcp(sys);
    expect(yield* sys.setsockopt(fd, IPPROTO_TCP, name, value)).toBe(result);
    expect(yield* get(sys, fd, IPPROTO_TCP, name)).toBe(kept);
  });
});

/** Servers set options at the listener, and count on them at what they accept. */
test.each([
  ['IP_TOS', IPPROTO_IP, IP_TOS, 0x10, 0x10],
  ['TCP_SAVE_SYN', IPPROTO_TCP, opt.TCP_SAVE_SYN, 1, 1],
  ['TCP_TX_DELAY', IPPROTO_TCP, opt.TCP_TX_DELAY, 5, 5],
  ['TCP_RTO_MIN_US', IPPROTO_TCP, opt.TCP_RTO_MIN_US, 100_000, 100_000],
  ['TCP_FASTOPEN', IPPROTO_TCP, opt.TCP_FASTOPEN, 5, 0],
  ['SO_PRIORITY', SOL_SOCKET, SO_PRIORITY, 5, 0],
])('%s of the listener (%i, %i) set to %i is %i of a connection', (...row) => {
  const [, level, name, value, inherited] = row;
  inMachine(function* (sys) {
    const [fd, addr] = yield* listener(sys);
    expect(yield* sys.setsockopt(fd, level, name, value)).toBe(0);
    yield* dial(sys, addr);
    expect(yield* get(sys, yield* sys.accept4(fd, 0), level, name)).toBe(inherited);
  });
});
